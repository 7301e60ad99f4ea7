#pragma once
/// \file `--cache-from` and `--cache-to`: where a build's cache comes from and where it goes. Source: spec COUT.

#include "layerfs/compression.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

enum class CacheType { Registry, Local, Inline };

/// Where a cache is: a tag of a repository, or of a directory that many may share.
struct CachePlace {
  CacheType type = CacheType::Registry;
  std::string reference;         ///< registry: canonical
  std::string directory;         ///< local: absolute
  std::string tag = "latest";    ///< local
  std::optional<Digest> digest;  ///< local: this state of the cache rather than a tag's
  bool insecure = false;         ///< registry.insecure: plain HTTP may be spoken
  std::string name() const;      ///< for messages: "localhost:5000/app:cache", "/srv/cache", "/srv/cache:main"
};

struct CacheTarget {
  CachePlace place;
  bool everyStep = false;  ///< mode=max; else only the layers of the result
  layerfs::CompressionChoice compression;
  bool forceCompression = false;        ///< also of layers that a repository has in another form
  std::optional<bool> ignoreError;      ///< nothing: a failure is a warning; false: it fails the build
  bool reset = false;                   ///< local: blobs that no tag leads to are removed
  std::vector<std::string> mounts;      ///< ids of cache mounts that go along
  uint64_t mountsMaxSize = 2ull << 30;  ///< bytes of one mount's files; larger ones stay
  std::optional<std::chrono::milliseconds>
      timeout;  ///< after the build's end; nothing: as long as that took, or a minute
};

/// One value of --cache-from; a bare word is a registry's reference. Faults: Invalid; Unsupported, naming what there
/// is.
llvm::Expected<CachePlace> parseCacheSource(llvm::StringRef text);
/// One value of --cache-to.
llvm::Expected<CacheTarget> parseCacheTarget(llvm::StringRef text);

}  // namespace strata::builder

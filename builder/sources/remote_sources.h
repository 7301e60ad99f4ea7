#pragma once
/// \file Sources from outside, http and git alike: what an ADD, a build context or a named context may name. First what
/// it is (enough for a cache key), and only when somebody wants the files, those.

#include "builder/sources/git_source.h"
#include "builder/sources/http_source.h"
#include "builder/sources/remote_reference.h"
#include "builder/sources/source_place.h"
#include "support/cancel.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace strata::builder {

/// Where files lie that were brought.
struct FetchedFiles {
  std::string directory;  ///< in the store, immutable
  std::string subdir;     ///< of a git reference: the directory in it that counts
  bool isFile = false;    ///< what counts is the file HttpSource::kFileName in it
};

/// One build's sources from outside: each is resolved once, so that all its uses see the same. Any thread.
class RemoteSources {
public:
  RemoteSources(SourcePlace place, const CancelToken& cancel)
      : place_(std::move(place)), cancel_(cancel), git_(place_, cancel) {}

  /// The identity of what the reference means now (ADD-11, ADD-29). Faults: as HttpSource and GitSource resolve().
  llvm::Expected<Digest> resolve(const RemoteReference& reference);
  llvm::Expected<FetchedFiles> fetch(const RemoteReference& reference);
  /// The committer's time or Last-Modified, seconds since 1970; nothing if the server does not say (SDE-3).
  llvm::Expected<std::optional<int64_t>> timeOf(const RemoteReference& reference);

  const SourcePlace& place() const { return place_; }

private:
  llvm::Expected<HttpSource*> http();

  SourcePlace place_;
  const CancelToken& cancel_;
  GitSource git_;
  std::mutex mutex_;
  std::unique_ptr<HttpSource> http_;  ///< made at first use: most builds have none
};

}  // namespace strata::builder

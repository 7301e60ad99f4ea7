#pragma once
/// \file Making a store smaller: what goes, in which order, and why. Behind `system prune`, `image prune` and
/// `builder prune`.

#include "layerfs/store.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

struct PruneRequest {
  std::string command;  ///< "builder prune --all": what a record's going is put down to; may be empty
  enum class Images {
    None,
    Dangling,  ///< without a name
    Unused,    ///< all that no container uses
  };
  Images images = Images::None;
  /// An image that may go, for those that the filters leave out.
  std::function<bool(const layerfs::ImageSummary&)> mayGo = [](const auto&) { return true; };
  enum class Cache {
    None,
    Unshared,  ///< whose layers no image has
    All,
  };
  Cache cache = Cache::None;
  std::optional<int64_t> unusedSince;  ///< of the cache only what was last used before, nanoseconds since 1970
  /// Bytes that the whole store may have on disk, metadata included. With it nothing goes that need not; without it all
  /// goes that may.
  std::optional<uint64_t> maxSize;
  std::optional<uint64_t> keepCache;  ///< bytes of cache that may stay
  bool dryRun = false;
};

struct Pruned {
  std::string kind;  ///< "image", "layer", "cache-mount", "download", ..., "history", "leftover"
  std::string name;
  std::string reason;              ///< why this one
  uint64_t bytes = 0;              ///< that its going frees, as far as can be said beforehand
  std::vector<std::string> names;  ///< an image's
};

struct PruneOutcome {
  std::vector<Pruned> gone;        ///< in order; of a dry run what would go
  uint64_t before = 0, after = 0;  ///< bytes of the store on disk; of a dry run the second is an estimate
  std::string whyNot;              ///< where `maxSize` could not be had: what is left
};

/// Waits for the other processes to leave the store, and calls `waiting` first if there are any, so that nothing goes
/// that a build uses.
llvm::Expected<PruneOutcome> prune(layerfs::Store& store, const PruneRequest& request,
                                   llvm::function_ref<void()> waiting);

}  // namespace strata::builder

#pragma once
/// \file Keeping a shared cache small: one pack in the place of many, without what nobody has used for long.

#include "builder/remote/cache_state.h"

#include <llvm/Support/Error.h>

#include <set>
#include <vector>

namespace strata::builder {

/// With so many packs the next writer makes one of them.
inline constexpr size_t kMostPacksInCache = 16;

struct Compacted {
  CachePack pack;
  std::set<Digest> replaced;  ///< packs that it takes over
  std::set<Digest> dead;      ///< blobs that nothing names any more
};

/// `own` with all that the cache has. Of records of one key the newest stays; a record that was of no use for 90 days
/// goes, and of more than 4096 the longest unused; of a project's builds three stay, of a mount the last state, of
/// outlines the latest 256. `used`:
/// keys that are of use now.
Compacted compact(CachePack own, const CacheState& state, const std::set<Digest>& used, int64_t now);

/// Everything that a pack names beside itself.
std::vector<layerfs::Descriptor> blobsOf(const CachePack& pack);

}  // namespace strata::builder

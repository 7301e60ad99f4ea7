#pragma once
/// \file A shared cache as it is now: root and packs, read.

#include "builder/remote/cache_index.h"
#include "builder/remote/cache_storage.h"
#include "builder/remote/kept_blobs.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <set>
#include <vector>

namespace strata::builder {

struct CacheState {
  CacheIndex index;
  std::vector<CachePack> packs;  ///< newest first; those that could not be read are missing
  /// Records, newest first, of which the blob is there as far as the root says.
  std::vector<const PackedRecord*> usable() const;
  std::vector<const PackedBuild*> builds() const;
};

/// Reads an image's inline cache too. Nothing: there is no cache there. `onProgress` is called with every thing that
/// came. Faults: Unavailable; Denied; Corrupt; Cancelled.
llvm::Expected<std::optional<CacheState>> loadCache(CacheStorage& storage, const KeptBlobs& kept,
                                                    llvm::function_ref<void()> onProgress);

/// The same for a root that has been read.
llvm::Expected<CacheState> loadPacks(CacheIndex index, CacheStorage& storage, const KeptBlobs& kept,
                                     llvm::function_ref<void()> onProgress);

}  // namespace strata::builder

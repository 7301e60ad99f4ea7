#pragma once
/// \file Reading everything that a store holds and comparing it with what it should be: the part of `system fsck` that
/// knows blobs, layers and images.

#include "layerfs/store.h"

#include <llvm/Support/Error.h>

#include <cstdint>

namespace strata::layerfs {

struct StoreCheck {
  uint64_t blobs = 0, layers = 0, images = 0;  ///< looked at
  uint64_t leftovers = 0;                      ///< of commands that were stopped, removed: no damage
};

/// Blobs against their names, layers against their diffIDs, images and indexes against both. What is damaged, or has no
/// business where it lies, is removed and reported to the database's listener. To be called alone (Store::alone).
llvm::Expected<StoreCheck> checkStore(Store& store);

}  // namespace strata::layerfs

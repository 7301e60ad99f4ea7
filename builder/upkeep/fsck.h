#pragma once
/// \file `system fsck`: reads everything in the store and compares it with what it should be. What is damaged is
/// dropped, so that the next build makes it again.

#include "layerfs/store_check.h"
#include "support/damage.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <vector>

namespace strata::builder {

struct FsckReport {
  std::vector<Damage> damage;  ///< all of it dropped, in the order in which it was found
  layerfs::StoreCheck store;
  uint64_t records = 0, trees = 0, reads = 0, builds = 0, mounts = 0, sources = 0;  ///< looked at
};

/// Waits for the other processes to leave the store, and calls `waiting` first if there are any.
llvm::Expected<FsckReport> fsck(layerfs::Store& store, llvm::function_ref<void()> waiting);

llvm::json::Object toJson(const FsckReport& report);

}  // namespace strata::builder

#pragma once
/// \file Linux capabilities by name and number. Source: capabilities(7).

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <vector>

namespace strata::runtime {

/// Every capability that this program knows, in the kernel's order: the index is the number.
llvm::ArrayRef<llvm::StringRef> allCapabilities();

/// One bit a capability; unknown names are left out.
uint64_t capabilityBits(llvm::ArrayRef<llvm::StringRef> names);

/// What this thread may hand on: its permitted set. A container never gets more than its maker has.
uint64_t heldCapabilityBits();
std::vector<llvm::StringRef> heldOf(llvm::ArrayRef<llvm::StringRef> names);

}  // namespace strata::runtime

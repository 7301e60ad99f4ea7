#pragma once
/// \file Linux capabilities by name and number. Source: capabilities(7).

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::runtime {

/// Every capability that this program knows, in the kernel's order: the index is the number.
llvm::ArrayRef<llvm::StringRef> allCapabilities();

/// One bit a capability; unknown names are left out.
uint64_t capabilityBits(llvm::ArrayRef<llvm::StringRef> names);

/// What this thread may hand on: its permitted set. A container never gets more than its maker has.
uint64_t heldCapabilityBits();
std::vector<llvm::StringRef> heldOf(llvm::ArrayRef<llvm::StringRef> names);

/// docker's default with what is added and dropped: names with or without CAP_, in any case, or ALL. Faults: Invalid in
/// docker's words for an unknown name.
llvm::Expected<std::vector<llvm::StringRef>> capabilitiesWith(llvm::ArrayRef<std::string> added,
                                                              llvm::ArrayRef<std::string> dropped);

}  // namespace strata::runtime

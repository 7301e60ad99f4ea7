#pragma once
/// \file Work that waits for a network, a few pieces at a time.

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <cstddef>

namespace strata::registry {

/// Calls `work` for 0 to `count` - 1, up to four at a time, on this thread and others. After a failure nothing is begun
/// any more; the failures of what was under way are joined.
[[nodiscard]] llvm::Error atOnce(size_t count, llvm::function_ref<llvm::Error(size_t i)> work);

}  // namespace strata::registry

#pragma once
/// \file The files of an image on all cores, some in a row a thread: neighbours share their directory.

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <cstddef>

namespace strata::analyzer {

/// Calls `work` with ranges [begin, end) that together are [0, count), at once and in any order. All are done, also
/// where one fails: the first fault is given back.
[[nodiscard]] llvm::Error inChunks(size_t count, llvm::function_ref<llvm::Error(size_t begin, size_t end)> work);

}  // namespace strata::analyzer

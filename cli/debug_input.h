#pragma once
/// \file What `strata debug` reads.

#include <cstddef>

namespace strata::cli {

/// Bytes, more than any Dockerfile has: a wrong file is noticed before it fills the memory.
inline constexpr size_t kLargestInput = 64 << 20;

}  // namespace strata::cli

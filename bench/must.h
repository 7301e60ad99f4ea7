#pragma once
/// \file What a benchmark prepares succeeds, or ends it with the reason.

#include "support/fault.h"

#include <cstdio>
#include <cstdlib>

namespace strata {

inline void must(llvm::Error error) {
  if (!error) return;
  std::fprintf(stderr, "%s\n", messageOf(std::move(error)).c_str());
  std::abort();
}
template <typename T>
T must(llvm::Expected<T> value) {
  if (!value) must(value.takeError());
  return std::move(*value);
}

}  // namespace strata

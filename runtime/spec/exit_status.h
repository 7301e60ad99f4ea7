#pragma once
/// \file How a container's first process ended.

#include <chrono>
#include <cstdint>

namespace strata::runtime {

struct ExitStatus {
  int code = 0;    ///< exit code, or 128 + signal
  int signal = 0;  ///< 0: none
  std::chrono::nanoseconds userTime{}, systemTime{};
  uint64_t peakMemory = 0;  ///< bytes, the largest process of the tree; 0: less than strata's own, which hides it
};

}  // namespace strata::runtime

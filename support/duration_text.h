#pragma once
/// \file Durations as records and reports have them, for people.

#include <cstdint>
#include <string>

namespace strata {

/// "0.3s", "12.4s", "2m05s", "1h02m".
std::string durationText(int64_t nanoseconds);

}  // namespace strata

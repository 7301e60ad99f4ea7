#pragma once
/// \file Durations as records and reports have them, for people.

#include <cstdint>
#include <string>

namespace strata {

/// "0.3s", "12.4s", "2m05s", "1h02m".
std::string durationText(int64_t nanoseconds);

/// How long ago that was, inside of a sentence: "about a minute ago". Nanoseconds since 1970.
std::string agoText(int64_t then);

}  // namespace strata

#pragma once
/// \file Durations in as many digits as a comparison needs.

#include <string>

namespace strata::analyzer {

/// Three digits and a unit: "8.21 ms", "512 ms", "12.4 s", "2m05s".
std::string secondsText(double seconds);

}  // namespace strata::analyzer

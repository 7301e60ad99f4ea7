#pragma once
/// \file Lists of KEY=VALUE that a command was given for one thing: labels, a driver's options.

#include <map>
#include <string>
#include <vector>

namespace strata::cli {

/// Of a key that was said twice the last value; without '=' the value is empty.
std::map<std::string, std::string> pairsFrom(const std::vector<std::string>& texts);

}  // namespace strata::cli

#pragma once
/// \file Names for containers that were given none: an adjective and a thing of the earth.

#include <string>

namespace strata::runtime {

/// "quiet_granite", at random; from the second attempt on with a number behind it, which gets longer.
std::string generatedName(int attempt);

}  // namespace strata::runtime

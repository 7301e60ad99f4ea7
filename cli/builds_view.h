#pragma once
/// \file What several of the `builds` commands show of a build.

#include "builder/journal/journal.h"

#include <string>

namespace strata::cli {

/// What the user calls the build, else what it named.
std::string namesOf(const builder::Build& build);
/// "83 %"
std::string percentText(double share);

}  // namespace strata::cli

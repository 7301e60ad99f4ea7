#pragma once
/// \file One plan of those for several platforms: what is the same in two of them is there once. Source: spec PLAT-5.

#include "builder/plan/plan.h"

#include <vector>

namespace strata::builder {

/// The plans are of one Dockerfile, never none of them. Their results follow each other; a vertex whose operation,
/// stage and inputs are those of a vertex of an earlier plan is that vertex, with its name.
Plan mergePlans(std::vector<Plan> plans);

}  // namespace strata::builder

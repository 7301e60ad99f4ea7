#pragma once
/// \file A simulation for people and for programs.

#include "builder/solve/simulation.h"

#include <llvm/Support/JSON.h>

#include <string>

namespace strata::builder {

/// A line a machine, then the critical path, then what has no time.
std::string printSimulation(const Plan& plan, const Simulation& simulation, const RecordedTimes& times);
/// docs/json.md, "Plans".
llvm::json::Value toJson(const Plan& plan, const Simulation& simulation, const RecordedTimes& times);

}  // namespace strata::builder

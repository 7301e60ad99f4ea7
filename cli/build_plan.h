#pragma once
/// \file `strata build --plan`, with `--simulate`: what would be done, and how long that would take elsewhere.

#include "builder/build.h"
#include "cli/build_options.h"
#include "cli/session.h"

#include <llvm/Support/Error.h>

namespace strata::cli {

/// Prints the plan on standard output. Faults: those of planning; a FlagFault for an unknown form, or machines that are
/// none.
llvm::Expected<int> printBuildPlan(const BuildOptions& options, const builder::BuildRequest& request, Session& session);

}  // namespace strata::cli

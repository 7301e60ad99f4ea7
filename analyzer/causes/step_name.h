#pragma once
/// \file The steps of a build as people name them.

#include "builder/journal/journal.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <vector>

namespace strata::analyzer {

/// Positions in `build.steps`, at least one: "4", counted from 1 as tables do; "build:2", the place in a stage that
/// progress shows ("[build 2/4]"; "2/4" too, and "stage-0:2"); "Dockerfile:12" or ":12", all steps of that line; else
/// what the step says or begins with, in any case: "RUN make". Faults: NotFound, with what there is.
llvm::Expected<std::vector<size_t>> findSteps(const builder::Build& build, llvm::StringRef name);

}  // namespace strata::analyzer

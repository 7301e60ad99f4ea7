#pragma once
/// \file What the steps of a build that is only planned took when they were last executed.

#include "builder/journal/journal.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace strata::analyzer {

/// Nanoseconds for each step of `planned`, by position; nothing where none of the last builds executed it. Steps are
/// matched as `why` matches them (matchSteps), in the last builds of the project, then in those of the same Dockerfile
/// for other targets. A hit counts as what its record says that it took. Faults: those of the journal.
llvm::Expected<std::vector<std::optional<int64_t>>> recordedTimes(const builder::Build& planned,
                                                                  builder::Journal& journal);

}  // namespace strata::analyzer

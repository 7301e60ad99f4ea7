#pragma once
/// \file Which step of an earlier build is the same step as one of this build, although lines were inserted, removed or
/// changed in between.

#include "builder/journal/build_outline.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// What a step says, without "[build 2/4] ".
llvm::StringRef textOf(const builder::BuildStep& step);

/// The step as progress shows it, not too long for a table, safe for a terminal.
std::string shortNameOf(const builder::BuildStep& step);

/// For each step of `build` (by position in its list) the step of `earlier` that it was then, or null. Stages are
/// matched by name, leftover ones in order. Within a stage equal texts are matched in order as diff does it; what
/// changed between two matches is paired with what stood there before, same instruction only, most similar text first.
/// No step of `earlier` is matched twice. The outlines of builds give positions.
std::vector<const builder::BuildStep*> matchSteps(const builder::Build& build, const builder::Build& earlier);
std::vector<std::optional<size_t>> matchSteps(const builder::BuildOutline& build, const builder::BuildOutline& earlier);

}  // namespace strata::analyzer

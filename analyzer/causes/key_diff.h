#pragma once
/// \file Two keys of the same step compared component by component, trees of files descended into where they differ.

#include "analyzer/causes/cause.h"
#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <vector>

namespace strata::analyzer {

/// What of `after` is not as it was in `before`, the step's own first, what came from above last; empty: nothing. What
/// follows from another difference is left out. `rootCause` is the step of the same build that the files came from.
llvm::Expected<std::vector<Cause>> differencesBetween(const builder::BuildStep& before, const builder::BuildStep& after,
                                                      builder::TreeStore& trees);

/// The differences of two trees, largest first; nothing if one of them has been pruned.
llvm::Expected<std::optional<std::vector<builder::TreeChange>>> changesBetween(builder::TreeStore& trees,
                                                                               const Digest& before,
                                                                               const Digest& after);

}  // namespace strata::analyzer

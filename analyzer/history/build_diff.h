#pragma once
/// \file Two builds of the journal side by side: which steps are the same, what of their inputs differs, and how long
/// each took.

#include "analyzer/causes/cause.h"
#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// A step in both builds, or in one of them.
struct StepPair {
  const builder::BuildStep* before = nullptr;  ///< null: it came
  const builder::BuildStep* after = nullptr;   ///< null: it went
  std::vector<Cause> differences;              ///< of the inputs; `rootCause`, `source`: indexes in the second build
  bool comparable = true;                      ///< false: one of the two never came to its inputs
};

struct BuildDiff {
  const builder::Build* before = nullptr;
  const builder::Build* after = nullptr;
  std::vector<StepPair> steps;  ///< in the second build's order; steps that went stand behind their neighbour
};

/// Borrows both builds. What is only in one is matched with nothing.
llvm::Expected<BuildDiff> diffBuilds(const builder::Build& before, const builder::Build& after,
                                     builder::TreeStore& trees);

std::string printBuildDiff(const BuildDiff& diff);
/// docs/json.md, "Differences of builds".
llvm::json::Value toJson(const BuildDiff& diff);

}  // namespace strata::analyzer

#pragma once
/// \file What changed inside of files that made a step run: their contents before and after, as far as layers of the
/// store still hold them: those that the step left, and those that its mounts showed. A content counts only if it has
/// the digest that the tree of files names; of what a step left, whose trees mostly have none, if it has the path and
/// size.

#include "analyzer/causes/invalidation.h"
#include "builder/journal/journal.h"
#include "layerfs/layer_store.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// Files larger than this, and more of them, are not compared.
inline constexpr uint64_t kMostDiffBytes = 64 << 10;
inline constexpr size_t kMostDiffFiles = 20;

struct ContentDiff {
  std::string path;
  std::string text;    ///< unified; empty where there is none
  std::string whyNot;  ///< a clause, where there is none: "it is no text", "its earlier content is not stored any more"
};

/// Of the files that were modified, in the causes of this reason and in what its step left; largest first. `step` is
/// the reason's. What is new is also looked for in the build's context, if that is a directory. Faults: Io.
llvm::Expected<std::vector<ContentDiff>> contentDiffs(const StepReason& reason, const builder::BuildStep& step,
                                                      const builder::Build& build, layerfs::LayerStore& layers);

}  // namespace strata::analyzer

#pragma once
/// \file Why a step was rebuilt: the components of its key against those of the nearest earlier record of the same
/// step, component by component, file by file. Nothing is guessed: where the journal does not know, the answer says so.

#include "analyzer/causes/cause.h"
#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::analyzer {

struct StepReason {
  uint32_t step = 0;  ///< index in the build
  bool hit = false;
  std::vector<Cause> causes;  ///< empty for a hit and for a step that never ran; the step's own causes come first
  int64_t cost = 0;           ///< nanoseconds that this miss took
  std::string comparedWith;   ///< id of the earlier build; empty: there is none
  std::string comparedCache;  ///< the shared cache that it was read in; empty: it was built here
  uint32_t comparedStep = 0;  ///< index of the step in that build
  /// LayerIds in this store, as far as they are here: of what it left, and of what its mounts showed.
  int64_t comparedLayer = 0;
  std::vector<int64_t> comparedMounts;
  bool neverHere = false;  ///< no build of this store had this step: it is compared with one of a shared cache

  bool unchanged = false;                          ///< it ran, and left the same files as before, times apart
  uint32_t savedSteps = 0;                         ///< RUN steps that stayed cached because of that
  int64_t saved = 0;                               ///< nanoseconds that these once took
  std::vector<builder::TreeChange> outputChanges;  ///< in what it left, against the nearest earlier run; largest first
};

/// A build with what reasonsFor() says of it.
struct ExplainedBuild {
  builder::Build build;
  std::vector<StepReason> reasons;
};

/// A reason a step, in step order.
llvm::Expected<std::vector<StepReason>> reasonsFor(const builder::Build& build, builder::Journal& journal,
                                                   builder::TreeStore& trees);

/// One line: `package.json modified (1.2kB -> 1.3kB) and 2 more`, `VERSION: 1 -> 2 (--build-arg)`, `rebuilt because of
/// step 3 (COPY package.json)`. Hit: "".
std::string summaryOf(const StepReason& reason, const builder::Build& build);
/// The same of one cause; `build` is the one whose steps it names.
std::string summaryOf(const Cause& cause, const builder::Build& build);
/// Everything, one cause a paragraph, every file named.
std::string detailsOf(const StepReason& reason, const builder::Build& build);

/// A reason with all its causes; schema: docs/json.md, "Reasons".
llvm::json::Value toJson(const StepReason& reason, const builder::Build& build);

}  // namespace strata::analyzer

#pragma once
/// \file Why a step was rebuilt: the components of its key against those of the nearest earlier record of the same
/// step, component by component, file by file. Nothing is guessed: where the journal does not know, the answer says so.

#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// One difference between two keys.
struct Cause {
  enum class Kind {
    Instruction,  ///< before -> after: the text
    Argument,     ///< name, before -> after, where it is set now
    Environment,
    Files,          ///< changes: which
    BaseMoved,      ///< name, before -> after digest
    ParentRebuilt,  ///< rootCause: index of the step that all began with
    Destination,
    Option,      ///< any other component: name, before -> after
    NoCache,     ///< --no-cache
    LayerGone,   ///< the record was there, its layer was not
    FirstBuild,  ///< this step was never built here
    Unknown,     ///< no component differs: the record was removed
  };
  Kind kind = Kind::Unknown;
  std::string name;
  std::string before, after;
  std::string where;
  std::vector<builder::TreeChange> changes;  ///< largest first
  bool changesKnown = true;                  ///< false: the earlier tree has been pruned
  std::optional<uint32_t> rootCause;
};

struct StepReason {
  uint32_t step = 0;  ///< index in the build
  bool hit = false;
  std::vector<Cause> causes;  ///< empty for a hit and for a step that never ran; the step's own causes come first
  int64_t cost = 0;           ///< nanoseconds that this miss took
  std::string comparedWith;   ///< id of the earlier build
  std::string comparedCache;  ///< the shared cache that it was read in; empty: it was built here

  bool unchanged = false;                          ///< it ran, and left the same files as before, times apart
  uint32_t savedSteps = 0;                         ///< RUN steps that stayed cached because of that
  int64_t saved = 0;                               ///< nanoseconds that these once took
  std::vector<builder::TreeChange> outputChanges;  ///< in what it left, against the nearest earlier run; largest first
};

/// A reason a step, in step order.
llvm::Expected<std::vector<StepReason>> reasonsFor(const builder::Build& build, builder::Journal& journal,
                                                   builder::TreeStore& trees);

/// One line: `package.json modified (1.2kB -> 1.3kB) and 2 more`, `VERSION: 1 -> 2 (--build-arg)`, `rebuilt because of
/// step 3 (COPY package.json)`. Hit: "".
std::string summaryOf(const StepReason& reason, const builder::Build& build);
/// Everything, one cause a paragraph, every file named.
std::string detailsOf(const StepReason& reason, const builder::Build& build);

/// "argument", "parent-rebuilt": the name of a kind in JSON.
llvm::StringRef nameOf(Cause::Kind kind);
/// A reason with all its causes; schema: docs/json.md, "Reasons".
llvm::json::Value toJson(const StepReason& reason, const builder::Build& build);

}  // namespace strata::analyzer

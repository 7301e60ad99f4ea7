#pragma once
/// \file What the RUN steps of a build opened of the files that stood there before them, as far as somebody traced it.

#include "builder/journal/journal.h"
#include "builder/journal/step_reads.h"

#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct RunReads {
  size_t position = 0;  ///< in the build's steps
  /// Of the execution that its key stands for, which for a step out of the cache was an earlier build's.
  std::optional<builder::StepReads> reads;
  std::string whyNot;  ///< a clause, where there are none
};

/// In the order of the steps; only RUNs. Faults: Io.
llvm::Expected<std::vector<RunReads>> readsOf(const builder::Build& build, builder::ReadStore& store);

/// One object; see docs/json.md.
llvm::json::Value toJson(const RunReads& run, const builder::Build& build);
/// A paragraph: a line a source; with `mostPaths`, that many of the paths that were opened and that were not, the
/// largest first.
std::string textOf(const RunReads& run, const builder::Build& build, size_t mostPaths = 0);

}  // namespace strata::analyzer

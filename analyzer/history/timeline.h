#pragma once
/// \file What one build spent its time on: steps as they lay beside each other, and the chain of steps that nothing
/// could have made it shorter than. Computed from the journal's entry alone.

#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace strata::analyzer {

/// Positions in `Build::steps` of the steps whose results this step's key was made of, each once, in order.
std::vector<size_t> dependenciesOf(const builder::Build& build, size_t position);

struct Timeline {
  int64_t wall = 0;              ///< nanoseconds of the whole build
  int64_t work = 0;              ///< of all steps together
  double parallelism = 0;        ///< work / wall; 0 for a build without time
  int64_t criticalWork = 0;      ///< of the steps on the critical path: with any number of cores it takes as long
  std::vector<size_t> critical;  ///< positions in `Build::steps`, the first step first
  std::vector<size_t> slowest;   ///< positions of the steps that took time, the slowest first
};

/// The critical path is the chain of dependent steps that together took longest; of equal ones that with the earlier
/// steps.
Timeline timelineOf(const builder::Build& build);

/// For each step the row that it is drawn in: the first that is free when it begins, so that as many rows are needed
/// as steps ran at once. Steps that took no time have a row as well.
std::vector<uint32_t> lanesOf(const builder::Build& build);

}  // namespace strata::analyzer

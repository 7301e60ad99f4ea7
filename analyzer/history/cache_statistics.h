#pragma once
/// \file How well the cache served the last builds of a project: hits by step, and the inputs that misses began with.
/// Pure: the caller has the builds and their reasons.

#include "analyzer/causes/invalidation.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::analyzer {

/// One step as the newest build has it, over all builds in which it was the same step (matchSteps).
struct StepStatistics {
  uint32_t step = 0;  ///< index in the newest build
  std::string stage, name;
  uint32_t line = 0;
  uint32_t hits = 0, misses = 0;  ///< of those builds that came to it
  int64_t missTime = 0;           ///< nanoseconds that its misses took
  double hitRate() const;         ///< 0 to 1; of a step that was never reached 1
};

/// An input, and the misses that began with it: those of its own step, and those below that were rebuilt because of it.
struct InputStatistics {
  Cause::Kind kind = Cause::Kind::Unknown;
  std::string name;     ///< of files a path, of variables their name, of lines their step; may be empty
  std::string step;     ///< text of the step that it entered at, in the newest build that has it
  uint32_t line = 0;    ///< likewise
  uint32_t builds = 0;  ///< in which it made something miss
  uint32_t misses = 0;  ///< steps that missed because of it, in all of them together
  int64_t time = 0;     ///< nanoseconds that these misses took
};

struct CacheStatistics {
  uint32_t builds = 0;
  uint32_t hits = 0, misses = 0;  ///< as cacheUseOf() tells them
  int64_t missTime = 0;
  double hitRate() const;
  std::vector<StepStatistics> steps;    ///< in the newest build's order, FROMs left out
  std::vector<InputStatistics> inputs;  ///< most misses first, then most time
};

/// Builds newest first. A miss with several causes counts for each of them; a changed tree counts for its largest
/// changed files, at most three. First builds of a step count as misses, and as an input of their own.
CacheStatistics statisticsOf(llvm::ArrayRef<ExplainedBuild> builds);

/// docs/json.md, "Cache statistics".
llvm::json::Value toJson(const CacheStatistics& statistics);

}  // namespace strata::analyzer

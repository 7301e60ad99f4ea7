#pragma once
/// \file Builds for the page: one as bars on a time line, many as a map of steps and outcomes.

#include "analyzer/causes/invalidation.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/JSON.h>

namespace strata::analyzer {

/// Times in nanoseconds, those of steps since the build's beginning. Shape: analyzer/report/html/timeline.js.
llvm::json::Value htmlBuild(const ExplainedBuild& explained);
/// Steps as the newest build has them, which is the first. Shape: analyzer/report/html/cache_map.js.
llvm::json::Value htmlHistory(llvm::ArrayRef<ExplainedBuild> builds);

}  // namespace strata::analyzer

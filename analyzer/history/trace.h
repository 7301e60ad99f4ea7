#pragma once
/// \file A build as trace events, the format of Chrome's about:tracing that Perfetto opens too. Source: Trace Event
/// Format (complete events "X", metadata "M"; times in microseconds).

#include "analyzer/causes/invalidation.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/JSON.h>

namespace strata::analyzer {

/// One process, the build; its threads are lanes (lanesOf), each step a complete event with its outcome, reason and
/// line, those of the critical path of category "step,critical". Times count from the beginning of the build.
llvm::json::Value traceOf(const builder::Build& build, llvm::ArrayRef<StepReason> reasons);

}  // namespace strata::analyzer

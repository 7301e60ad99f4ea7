#pragma once
/// \file The measuring itself: tools in turn, round after round, so that what the machine is doing meanwhile hits all
/// of them alike.

#include "analyzer/bench/bench_report.h"
#include "analyzer/bench/bench_request.h"
#include "analyzer/bench/step_times.h"
#include "analyzer/bench/tool.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <string>

namespace strata::analyzer {

struct RoundPlan {
  unsigned rounds = 5, warmUp = 1;
  /// Before each round of the workload, once for all tools.
  llvm::function_ref<llvm::Error(Workload)> change;
  /// Hears a line a round.
  llvm::function_ref<void(const std::string&)> tell;
};

/// `tools`: strata first. Where `whyNot` has a reason nobody is measured. Builds of strata that count go to `steps`.
llvm::Expected<WorkloadFigures> measureWorkload(Workload workload, const std::optional<std::string>& whyNot,
                                                llvm::ArrayRef<Tool*> tools, const RoundPlan& plan, StepTimes& steps);

}  // namespace strata::analyzer

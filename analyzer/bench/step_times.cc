#include "analyzer/bench/step_times.h"

#include "analyzer/bench/summary.h"

namespace strata::analyzer {

void StepTimes::add(Workload workload, const builder::Build& build) {
  for (const builder::BuildStep& step : build.steps) {
    if (step.instruction == "from") continue;
    Step& known = steps_[step.index];
    known.name = step.name;
    known.line = step.firstLine;
    std::vector<double>& seconds = known.seconds[workload];
    if (step.outcome == builder::BuildStep::Outcome::Executed) seconds.push_back(double(step.duration) / 1e9);
  }
}

std::vector<StepFigures> StepTimes::figures() const {
  std::vector<StepFigures> figures;
  for (const auto& [index, step] : steps_) {
    StepFigures one{.name = step.name, .line = step.line, .seconds = {}};
    for (const auto& [workload, seconds] : step.seconds)
      one.seconds[workload] = seconds.empty() ? std::nullopt : std::optional(medianOf(seconds));
    figures.push_back(std::move(one));
  }
  return figures;
}

}  // namespace strata::analyzer

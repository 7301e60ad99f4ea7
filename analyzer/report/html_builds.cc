#include "analyzer/report/html_builds.h"

#include "analyzer/causes/step_match.h"
#include "analyzer/history/cache_statistics.h"
#include "analyzer/history/timeline.h"
#include "analyzer/report/json_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {
using builder::Build;
using builder::BuildStep;
using llvm::json::Array;
using llvm::json::Object;

/// Of the step at this position: empty for a hit.
std::string stepReason(const ExplainedBuild& explained, size_t position) {
  return position < explained.reasons.size() ? shownText(summaryOf(explained.reasons[position], explained.build)) : "";
}

Object stepJson(const ExplainedBuild& explained, size_t position) {
  const BuildStep& step = explained.build.steps[position];
  return Object{{"index", step.index},
                {"name", shownText(step.name)},
                {"line", step.firstLine},
                {"outcome", nameOf(step.outcome)},
                {"started", std::max<int64_t>(step.started - explained.build.started, 0)},
                {"duration", step.duration},
                {"reason", stepReason(explained, position)}};
}

/// How each step of the newest build fared in this one.
Object columnOf(const ExplainedBuild& explained, const Build& newest) {
  Array outcomes, reasons;
  for (const BuildStep* step : matchSteps(newest, explained.build)) {
    if (!step) {
      outcomes.push_back(nullptr);
      reasons.push_back("");
      continue;
    }
    outcomes.push_back(nameOf(step->outcome));
    reasons.push_back(stepReason(explained, size_t(step - explained.build.steps.data())));
  }
  return Object{{"id", explained.build.id},
                {"started", rfc3339(explained.build.started)},
                {"outcomes", std::move(outcomes)},
                {"reasons", std::move(reasons)}};
}
}  // namespace

llvm::json::Value htmlBuild(const ExplainedBuild& explained) {
  const Build& build = explained.build;
  Timeline timeline = timelineOf(build);
  std::vector<uint32_t> lanes = lanesOf(build);
  Array steps;
  for (size_t position = 0; position < build.steps.size(); ++position) {
    Object step = stepJson(explained, position);
    if (build.steps[position].started != 0) step["lane"] = lanes[position];
    step["critical"] = llvm::is_contained(timeline.critical, position);
    steps.push_back(std::move(step));
  }
  return Object{
      {"id", build.id},           {"started", rfc3339(build.started)},   {"duration", build.duration},
      {"work", timeline.work},    {"parallelism", timeline.parallelism}, {"criticalWork", timeline.criticalWork},
      {"steps", std::move(steps)}};
}

llvm::json::Value htmlHistory(llvm::ArrayRef<ExplainedBuild> builds) {
  CacheStatistics statistics = statisticsOf(builds);
  Array steps, columns;
  for (const StepStatistics& step : statistics.steps)
    steps.push_back(
        Object{{"name", shownText(step.name)}, {"line", step.line}, {"hits", step.hits}, {"misses", step.misses}});
  for (const ExplainedBuild& explained : builds) columns.push_back(columnOf(explained, builds.front().build));
  return Object{{"steps", std::move(steps)}, {"builds", std::move(columns)}};
}

}  // namespace strata::analyzer

#include "analyzer/history/trace.h"

#include "analyzer/causes/step_match.h"
#include "analyzer/history/timeline.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using llvm::json::Array;
using llvm::json::Object;

constexpr int64_t kProcess = 1;

std::string text(llvm::StringRef value) { return llvm::json::fixUTF8(value); }

double microseconds(int64_t nanoseconds) { return double(nanoseconds) / 1000; }

Object metadata(llvm::StringRef what, int64_t thread, llvm::StringRef name) {
  return Object{
      {"ph", "M"}, {"pid", kProcess}, {"tid", thread}, {"name", what}, {"args", Object{{"name", text(name)}}}};
}

Object stepEvent(const Build& build, const BuildStep& step, const StepReason& reason, uint32_t lane, bool critical) {
  Object args{{"step", int64_t(step.index) + 1},
              {"stage", text(step.stage)},
              {"outcome", nameOf(step.outcome)},
              {"reason", text(summaryOf(reason, build))},
              {"critical", critical}};
  if (step.firstLine != 0) args["line"] = step.firstLine;
  if (step.outcome == BuildStep::Outcome::Hit) args["savedSeconds"] = double(step.recordedDuration) / 1e9;
  if (step.layerBytes) args["layerBytes"] = int64_t(step.layerBytes);
  if (!step.error.empty()) args["error"] = text(step.error);
  Object event{{"ph", "X"},
               {"pid", kProcess},
               {"tid", int64_t(lane) + 1},
               {"cat", critical ? "step,critical" : "step"},
               {"name", text(textOf(step))},
               {"ts", microseconds(std::max<int64_t>(step.started - build.started, 0))},
               {"dur", microseconds(std::max<int64_t>(step.duration, 0))},
               {"args", std::move(args)}};
  if (critical) event["cname"] = "terrible";  // one of the colours that viewers have; it is red
  return event;
}

}  // namespace

llvm::json::Value traceOf(const Build& build, llvm::ArrayRef<StepReason> reasons) {
  Timeline timeline = timelineOf(build);
  std::set<size_t> critical(timeline.critical.begin(), timeline.critical.end());
  std::vector<uint32_t> lanes = lanesOf(build);
  Array events{metadata("process_name", 0, "strata build " + build.id)};
  uint32_t laneCount = 0;
  for (uint32_t lane : lanes) laneCount = std::max(laneCount, lane + 1);
  for (uint32_t lane = 0; lane < laneCount; ++lane)
    events.push_back(metadata("thread_name", int64_t(lane) + 1, "lane " + std::to_string(lane + 1)));
  for (size_t i = 0; i < build.steps.size(); ++i)
    events.push_back(stepEvent(build, build.steps[i], i < reasons.size() ? reasons[i] : StepReason(), lanes[i],
                               critical.count(i) != 0));
  return Object{{"displayTimeUnit", "ms"},
                {"traceEvents", std::move(events)},
                {"otherData", Object{{"build", build.id},
                                     {"context", text(build.context)},
                                     {"dockerfile", text(build.dockerfile)},
                                     {"started", rfc3339(build.started)},
                                     {"wallSeconds", double(timeline.wall) / 1e9},
                                     {"workSeconds", double(timeline.work) / 1e9},
                                     {"criticalSeconds", double(timeline.criticalWork) / 1e9}}}};
}

}  // namespace strata::analyzer

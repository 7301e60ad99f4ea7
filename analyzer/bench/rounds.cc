#include "analyzer/bench/rounds.h"

#include "analyzer/bench/seconds_text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {
/// One tool at one workload, while it is measured.
struct Turn {
  Tool* tool = nullptr;
  std::vector<Measurement> measurements;
};

uint64_t layerBytesOf(const builder::Build& build) {
  uint64_t bytes = 0;
  for (const builder::BuildStep& step : build.steps)
    if (step.outcome == builder::BuildStep::Outcome::Executed) bytes += step.layerBytes;
  return bytes;
}

/// Of those that have the number; nothing where none has.
template <typename Number>
std::optional<uint64_t> medianBytes(llvm::ArrayRef<Measurement> measurements, Number numberOf) {
  std::vector<double> numbers;
  for (const Measurement& one : measurements)
    if (std::optional<uint64_t> number = numberOf(one)) numbers.push_back(double(*number));
  return numbers.empty() ? std::nullopt : std::optional(uint64_t(medianOf(numbers)));
}

ToolFigures figuresOf(const Turn& turn) {
  ToolFigures figures{.tool = turn.tool->facts().name};
  for (const Measurement& one : turn.measurements) figures.seconds.push_back(one.run.seconds);
  figures.summary = summaryOf(figures.seconds);
  if (turn.tool->worksItself()) {
    figures.peakMemory = medianBytes(turn.measurements, [](const auto& one) { return one.run.peakMemory; });
    figures.diskRead = medianBytes(turn.measurements, [](const auto& one) { return one.run.diskRead; });
    figures.diskWritten = medianBytes(turn.measurements, [](const auto& one) { return one.run.diskWritten; });
  }
  figures.layerBytes = medianBytes(turn.measurements, [](const auto& one) -> std::optional<uint64_t> {
    if (!one.build) return std::nullopt;
    return layerBytesOf(*one.build);
  });
  figures.pushedBytes = medianBytes(turn.measurements, [](const auto& one) { return one.pushedBytes; });
  return figures;
}

ToolFigures notMeasured(const Tool& tool, std::string why) {
  return {.tool = tool.facts().name, .notMeasured = std::move(why)};
}

llvm::Error runRound(Workload workload, unsigned round, const RoundPlan& plan, std::vector<Turn>& turns) {
  if (auto error = plan.change(workload)) return error;
  bool counts = round >= plan.warmUp;
  std::string line = nameOf(workload).str() + " ";
  line += counts ? std::to_string(round - plan.warmUp + 1) + "/" + std::to_string(plan.rounds) : "warm-up";
  line += ":";
  for (Turn& turn : turns) {
    if (auto error = turn.tool->prepare(workload, round)) return error;
    auto measurement = turn.tool->run(workload, round);
    if (!measurement) return measurement.takeError();
    line += " " + turn.tool->facts().name + " " + secondsText(measurement->run.seconds);
    if (counts) turn.measurements.push_back(std::move(*measurement));
  }
  plan.tell(line);
  return llvm::Error::success();
}

llvm::Error runRounds(Workload workload, const RoundPlan& plan, std::vector<Turn>& turns) {
  for (const Turn& turn : turns)
    if (auto error = turn.tool->begin(workload)) return error;
  for (unsigned round = 0; round < plan.warmUp + plan.rounds; ++round)
    if (auto error = runRound(workload, round, plan, turns)) return error;
  for (const Turn& turn : turns)
    if (auto error = turn.tool->end(workload)) return error;
  return llvm::Error::success();
}

void addRatios(std::vector<ToolFigures>& tools) {
  const ToolFigures& strata = tools.front();
  for (ToolFigures& peer : llvm::drop_begin(tools))
    if (!peer.notMeasured && strata.summary.median > 0) peer.ratio = peer.summary.median / strata.summary.median;
}
}  // namespace

llvm::Expected<WorkloadFigures> measureWorkload(Workload workload, const std::optional<std::string>& whyNot,
                                                llvm::ArrayRef<Tool*> tools, const RoundPlan& plan, StepTimes& steps) {
  std::vector<Turn> turns;
  auto reasonOf = [&](const Tool& tool) { return whyNot ? whyNot : tool.whyNot(workload); };
  bool strataTakesPart = !reasonOf(*tools.front());
  if (strataTakesPart)
    for (Tool* tool : tools)
      if (!reasonOf(*tool)) turns.push_back({.tool = tool, .measurements = {}});
  if (strataTakesPart)
    if (auto error = runRounds(workload, plan, turns)) return error;

  WorkloadFigures figures{.workload = workload, .tools = {}};
  for (Tool* tool : tools) {
    auto turn = llvm::find_if(turns, [&](const Turn& one) { return one.tool == tool; });
    if (turn != turns.end()) {
      figures.tools.push_back(figuresOf(*turn));
      for (const Measurement& one : turn->measurements)
        if (one.build) steps.add(workload, *one.build);
    } else {
      figures.tools.push_back(notMeasured(*tool, reasonOf(strataTakesPart ? *tool : *tools.front()).value_or("")));
    }
  }
  if (strataTakesPart) addRatios(figures.tools);
  return figures;
}

}  // namespace strata::analyzer

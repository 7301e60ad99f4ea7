#include "cli/build_plan.h"

#include "analyzer/history/recorded_times.h"
#include "builder/solve/print_simulation.h"
#include "cli/build_errors.h"
#include "cli/flag_fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>

#include <optional>
#include <vector>

namespace strata::cli {

namespace {
using Machines = std::vector<std::optional<unsigned>>;

constexpr unsigned kMostCores = 1'000'000;

/// "4", "1,4,unlimited".
llvm::Expected<Machines> parseMachines(llvm::StringRef text) {
  Machines machines;
  llvm::SmallVector<llvm::StringRef, 4> parts;
  text.split(parts, ',');
  for (llvm::StringRef part : parts) {
    unsigned cores = 0;
    bool unlimited = part.trim() == "unlimited";
    if (!unlimited && (part.trim().getAsInteger(10, cores) || cores == 0 || cores > kMostCores))
      return unfitFlag("--simulate " + text + ": '" + part + "' is no number of cores; give one or several from 1 to " +
                       llvm::Twine(kMostCores) + ", or unlimited: --simulate 4,16,unlimited");
    machines.push_back(unlimited ? std::nullopt : std::optional(cores));
  }
  return machines;
}

struct Simulated {
  builder::RecordedTimes times;
  builder::Simulation result;
};

llvm::Expected<Simulated> simulateOn(const Machines& machines, const builder::PlannedBuild& planned, Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto recorded = analyzer::recordedTimes(planned.entry, **journal);
  if (!recorded) return recorded.takeError();
  Simulated simulated{.times = builder::RecordedTimes(planned.plan.vertices.size())};
  size_t position = 0;
  for (const builder::Vertex& vertex : planned.plan.vertices)
    if (vertex.step) simulated.times[vertex.id] = (*recorded)[position++];
  simulated.result = builder::simulate(planned.plan, simulated.times, machines);
  return simulated;
}

std::string textOf(const builder::Plan& plan, const std::optional<Simulated>& simulated) {
  std::string text = builder::printPlan(plan);
  if (simulated) text += "\n" + builder::printSimulation(plan, simulated->result, simulated->times);
  return text;
}

std::string jsonOf(const builder::Plan& plan, const std::optional<Simulated>& simulated) {
  llvm::json::Value document = builder::toJson(plan);
  if (simulated) (*document.getAsObject())["simulation"] = builder::toJson(plan, simulated->result, simulated->times);
  return printPrettyJson(document) + "\n";
}
}  // namespace

llvm::Expected<int> printBuildPlan(const BuildOptions& options, const builder::BuildRequest& request,
                                   Session& session) {
  llvm::StringRef form = options.plan;
  if (form != "text" && form != "json" && form != "dot")
    return unfitFlag("unknown plan format '" + form + "'; use text, json or dot");
  std::optional<Machines> machines;
  if (!options.simulate.empty()) {
    if (form == "dot") return unfitFlag("--simulate has no form for --plan=dot; use --plan=text or --plan=json");
    auto parsed = parseMachines(options.simulate);
    if (!parsed) return parsed.takeError();
    machines = std::move(*parsed);
  }
  auto store = session.store();
  if (!store) return store.takeError();
  auto planned = builder::planBuild(request, **store);
  if (!planned) return showExcerpts(planned.takeError(), session.err());
  std::optional<Simulated> simulated;
  if (machines) {
    auto result = simulateOn(*machines, *planned, session);
    if (!result) return result.takeError();
    simulated = std::move(*result);
  }
  const builder::Plan& plan = planned->plan;
  session.out() << (form == "json"  ? jsonOf(plan, simulated)
                    : form == "dot" ? builder::printPlanDot(plan)
                                    : textOf(plan, simulated));
  return 0;
}

}  // namespace strata::cli

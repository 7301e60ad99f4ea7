#include "builder/solve/print_simulation.h"

#include "support/text.h"

#include <llvm/Support/FormatVariadic.h>

namespace strata::builder {

namespace {
std::string secondsText(int64_t nanoseconds) { return llvm::formatv("{0:f3} s", double(nanoseconds) / kSecond); }

double shareOf(int64_t part, int64_t whole) { return whole ? double(part) / double(whole) : 0; }

std::string nameOfStep(const Plan& plan, VertexId id) {
  return printable(llvm::StringRef(plan.vertices[id].name).split('\n').first);
}

std::string machineTable(const Simulation& simulation) {
  std::vector<std::vector<std::string>> rows = {{"CORES", "RUNS WAIT", "RUNS COMPUTE"}};
  for (const SimulatedMachine& machine : simulation.machines)
    rows.push_back({machine.cores ? std::to_string(*machine.cores) : "unlimited", secondsText(machine.waiting),
                    secondsText(machine.computing)});
  return table(rows);
}

std::string criticalTable(const Plan& plan, const Simulation& simulation, const RecordedTimes& times) {
  std::vector<std::vector<std::string>> rows = {{"TIME", "SHARE", "CRITICAL PATH"}};
  for (VertexId id : simulation.critical)
    rows.push_back({secondsText(*times[id]), llvm::formatv("{0:P0}", shareOf(*times[id], simulation.criticalTime)),
                    nameOfStep(plan, id)});
  return table(rows);
}
}  // namespace

std::string printSimulation(const Plan& plan, const Simulation& simulation, const RecordedTimes& times) {
  std::string text = machineTable(simulation) + "all steps together: " + secondsText(simulation.work) + "\n";
  if (!simulation.critical.empty()) text += "\n" + criticalTable(plan, simulation, times);
  if (simulation.unrecorded.empty()) return text;
  text += "\nno recorded time, counted as 0: " + std::to_string(simulation.unrecorded.size()) + "\n";
  for (VertexId id : simulation.unrecorded) text += "  " + nameOfStep(plan, id) + "\n";
  return text;
}

llvm::json::Value toJson(const Plan& plan, const Simulation& simulation, const RecordedTimes& times) {
  llvm::json::Array machines, critical, unrecorded;
  for (const SimulatedMachine& machine : simulation.machines) {
    llvm::json::Value cores = machine.cores ? llvm::json::Value(int64_t(*machine.cores)) : llvm::json::Value(nullptr);
    machines.push_back(llvm::json::Object{{"cores", std::move(cores)},
                                          {"waitingNanoseconds", machine.waiting},
                                          {"computingNanoseconds", machine.computing}});
  }
  for (VertexId id : simulation.critical)
    critical.push_back(llvm::json::Object{{"vertex", int64_t(id)},
                                          {"name", llvm::json::fixUTF8(plan.vertices[id].name)},
                                          {"nanoseconds", *times[id]},
                                          {"share", shareOf(*times[id], simulation.criticalTime)}});
  for (VertexId id : simulation.unrecorded) unrecorded.push_back(int64_t(id));
  return llvm::json::Object{{"machines", std::move(machines)},
                            {"workNanoseconds", simulation.work},
                            {"critical", std::move(critical)},
                            {"criticalNanoseconds", simulation.criticalTime},
                            {"unrecorded", std::move(unrecorded)}};
}

}  // namespace strata::builder

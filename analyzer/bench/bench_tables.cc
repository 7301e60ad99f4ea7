#include "analyzer/bench/bench_tables.h"

#include "analyzer/bench/seconds_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <map>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kNone = "n/a";

std::string bytesCell(const std::optional<uint64_t>& bytes) { return bytes ? humanSize(*bytes) : ""; }

std::string timeCell(const ToolFigures& figures) {
  if (figures.notMeasured) return kNone.str();
  return secondsText(figures.summary.median) + " ±" + secondsText(figures.summary.deviation);
}

std::string ratioCell(const ToolFigures& figures) {
  if (!figures.ratio) return "";
  return *figures.ratio < 99.95 ? llvm::formatv("{0:f1}", *figures.ratio) : llvm::formatv("{0:f0}", *figures.ratio);
}
}  // namespace

BenchRows timeRows(const BenchReport& report) {
  std::vector<std::string> header{"Workload"};
  for (const BenchTool& tool : report.tools) {
    header.push_back(tool.name);
    if (tool.name != report.tools.front().name) header.push_back("ratio");
  }
  BenchRows rows{header};
  for (const WorkloadFigures& one : report.workloads) {
    std::vector<std::string> row{nameOf(one.workload).str()};
    for (const ToolFigures& figures : one.tools) {
      row.push_back(timeCell(figures));
      if (&figures != &one.tools.front()) row.push_back(ratioCell(figures));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

BenchRows meansRows(const BenchReport& report) {
  BenchRows rows{{"Workload", "Tool", "Peak memory", "Disk read", "Disk written", "Layers made", "Pushed"}};
  for (const WorkloadFigures& one : report.workloads)
    for (const ToolFigures& figures : one.tools)
      if (figures.peakMemory || figures.pushedBytes)
        rows.push_back({nameOf(one.workload).str(), figures.tool, bytesCell(figures.peakMemory),
                        bytesCell(figures.diskRead), bytesCell(figures.diskWritten), bytesCell(figures.layerBytes),
                        bytesCell(figures.pushedBytes)});
  return rows;
}

BenchRows stepRows(const BenchReport& report) {
  std::vector<std::string> header{"Line", "Step"};
  std::vector<Workload> workloads;
  for (const WorkloadFigures& one : report.workloads) {
    auto hasWorkload = [&](const StepFigures& step) { return step.seconds.contains(one.workload); };
    if (!llvm::any_of(report.steps, hasWorkload)) continue;
    workloads.push_back(one.workload);
    header.push_back(nameOf(one.workload).str());
  }
  BenchRows rows{header};
  for (const StepFigures& step : report.steps) {
    std::vector<std::string> row{step.line ? std::to_string(step.line) : "", printable(step.name)};
    for (Workload workload : workloads) {
      auto known = step.seconds.find(workload);
      if (known == step.seconds.end())
        row.push_back("");
      else
        row.push_back(known->second ? secondsText(*known->second) : "cached");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> notMeasuredLines(const BenchReport& report) {
  std::vector<std::pair<std::string, std::vector<std::string>>> workloadsOf;  // by reason, in order
  auto note = [&](const std::string& reason, llvm::StringRef what) {
    auto known = llvm::find_if(workloadsOf, [&](const auto& one) { return one.first == reason; });
    if (known == workloadsOf.end()) known = workloadsOf.insert(known, {reason, {}});
    if (!llvm::is_contained(known->second, what)) known->second.push_back(what.str());
  };
  for (const WorkloadFigures& one : report.workloads)
    for (const ToolFigures& figures : one.tools) {
      if (!figures.notMeasured) continue;
      bool isAll = one.tools.front().notMeasured.has_value();
      note(*figures.notMeasured,
           isAll ? nameOf(one.workload).str() : (nameOf(one.workload) + " with " + figures.tool).str());
    }
  std::vector<std::string> lines;
  for (const auto& [reason, workloads] : workloadsOf)
    lines.push_back(llvm::join(workloads, ", ") + ": not measured, " + reason);
  return lines;
}

std::string methodText(const BenchReport& report) {
  auto counted = [](unsigned number) { return std::to_string(number) + (number == 1 ? " round" : " rounds"); };
  return counted(report.rounds) + " after " + std::to_string(report.warmUp) + " for warm-up" +
         (report.tools.size() > 1 ? ", tools in turn" : "") + "; median ±median absolute deviation";
}

std::vector<std::string> changedFileLines(const BenchReport& report) {
  std::vector<std::string> lines;
  auto add = [&](Workload workload, const std::string& path) {
    bool isShown = llvm::any_of(report.workloads, [&](const WorkloadFigures& one) { return one.workload == workload; });
    if (isShown && !path.empty()) lines.push_back((nameOf(workload) + " changes ").str() + printable(path));
  };
  add(Workload::File, report.touched);
  add(Workload::Dependency, report.dependency);
  return lines;
}

}  // namespace strata::analyzer

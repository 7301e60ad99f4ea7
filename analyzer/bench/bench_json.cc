#include "analyzer/bench/bench_views.h"
#include "analyzer/report/html_report.h"
#include "analyzer/report/json_text.h"

namespace strata::analyzer {

namespace {
using llvm::json::Array;
using llvm::json::Object;

void setIfKnown(Object& object, llvm::StringRef key, const std::optional<uint64_t>& number) {
  if (number) object[key] = jsonNumber(*number);
}

Object toJson(const ToolFigures& figures) {
  Object object{{"tool", figures.tool}};
  if (figures.notMeasured) {
    object["notMeasured"] = jsonText(*figures.notMeasured);
    return object;
  }
  object["seconds"] = Array(figures.seconds);
  object["median"] = figures.summary.median;
  object["deviation"] = figures.summary.deviation;
  if (figures.ratio) object["ratio"] = *figures.ratio;
  setIfKnown(object, "peakMemory", figures.peakMemory);
  setIfKnown(object, "diskRead", figures.diskRead);
  setIfKnown(object, "diskWritten", figures.diskWritten);
  setIfKnown(object, "layerBytes", figures.layerBytes);
  setIfKnown(object, "pushedBytes", figures.pushedBytes);
  return object;
}

Object toJson(const WorkloadFigures& figures) {
  Array tools;
  for (const ToolFigures& one : figures.tools) tools.push_back(toJson(one));
  return Object{{"name", nameOf(figures.workload)},
                {"description", descriptionOf(figures.workload)},
                {"tools", std::move(tools)}};
}

Object toJson(const StepFigures& step) {
  Object seconds;
  for (const auto& [workload, median] : step.seconds)
    seconds[nameOf(workload)] = median ? llvm::json::Value(*median) : llvm::json::Value(nullptr);
  return Object{{"name", jsonText(step.name)}, {"line", int64_t(step.line)}, {"seconds", std::move(seconds)}};
}
}  // namespace

llvm::json::Value toJson(const BenchReport& report) {
  Array tools, workloads, steps;
  for (const BenchTool& tool : report.tools)
    tools.push_back(Object{{"name", tool.name}, {"version", jsonText(tool.version)}});
  for (const WorkloadFigures& one : report.workloads) workloads.push_back(toJson(one));
  for (const StepFigures& step : report.steps) steps.push_back(toJson(step));
  Object document{{"schema", 1},
                  {"context", jsonText(report.context)},
                  {"rounds", int64_t(report.rounds)},
                  {"warmUp", int64_t(report.warmUp)},
                  {"tools", std::move(tools)},
                  {"workloads", std::move(workloads)},
                  {"steps", std::move(steps)}};
  if (!report.dockerfile.empty()) document["dockerfile"] = jsonText(report.dockerfile);
  if (!report.touched.empty()) document["touched"] = jsonText(report.touched);
  if (!report.dependency.empty()) document["dependency"] = jsonText(report.dependency);
  return document;
}

std::string benchHtml(const BenchReport& report) {
  llvm::json::Value bench = toJson(report);
  return printHtml({.title = "Build of " + report.context, .bench = &bench}, Redactor());
}

}  // namespace strata::analyzer

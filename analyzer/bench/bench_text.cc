#include "analyzer/bench/bench_tables.h"
#include "analyzer/bench/bench_views.h"
#include "analyzer/report/markdown_text.h"
#include "analyzer/report/text_layout.h"
#include "support/text.h"

namespace strata::analyzer {

namespace {
constexpr size_t kShownStep = 48;
constexpr size_t kStepColumn = 1;

BenchRows inCapitals(BenchRows rows) {
  for (std::string& cell : rows.front()) cell = llvm::StringRef(cell).upper();
  return rows;
}

BenchRows withShortSteps(BenchRows rows) {
  for (std::vector<std::string>& row : rows) row[kStepColumn] = shortened(row[kStepColumn], kShownStep);
  return rows;
}

BenchRows forMarkdown(BenchRows rows) {
  for (std::vector<std::string>& row : rows)
    for (std::string& cell : row) cell = escaped(cell);
  return rows;
}

std::string toolsText(const BenchReport& report) {
  std::string text;
  for (const BenchTool& tool : report.tools)
    text += (text.empty() ? "" : ", ") + tool.name + (tool.version.empty() ? "" : " " + printable(tool.version));
  return text;
}
}  // namespace

std::string printBench(const BenchReport& report) {
  std::string text = "Build of " + printable(report.context) + "\n" + toolsText(report) + "\n" + methodText(report) +
                     "\n\n" + table(inCapitals(timeRows(report)));
  if (BenchRows rows = meansRows(report); rows.size() > 1) text += "\n" + table(inCapitals(std::move(rows)));
  if (!report.steps.empty()) text += "\n" + table(withShortSteps(inCapitals(stepRows(report))));
  std::string notes;
  for (const std::string& line : changedFileLines(report)) notes += line + "\n";
  for (const std::string& line : notMeasuredLines(report)) notes += line + "\n";
  return notes.empty() ? text : text + "\n" + notes;
}

std::string benchMarkdown(const BenchReport& report) {
  std::string text = "### Build of " + code(report.context) + "\n\n" + escaped(toolsText(report)) + "  \n" +
                     methodText(report) + "\n\n" + markdownTable(forMarkdown(timeRows(report)));
  for (const std::string& line : changedFileLines(report)) text += "\n- " + escaped(line);
  for (const std::string& line : notMeasuredLines(report)) text += "\n- " + escaped(line);
  text += "\n";
  if (BenchRows rows = meansRows(report); rows.size() > 1)
    text += "\n#### Memory and bytes\n\n" + markdownTable(forMarkdown(std::move(rows)));
  if (!report.steps.empty()) text += "\n#### Steps\n\n" + markdownTable(forMarkdown(stepRows(report)));
  return text;
}

}  // namespace strata::analyzer

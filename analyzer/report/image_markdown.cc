#include "analyzer/report/image_markdown.h"

#include "analyzer/findings/waste_findings.h"
#include "analyzer/report/gates_text.h"
#include "analyzer/report/markdown_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using Rows = std::vector<std::vector<std::string>>;

constexpr size_t kFindingRows = 10;
constexpr size_t kMarkdownInstruction = 100;

std::string namesOf(const ImageReport& report) {
  return report.names.empty() ? report.id.str() : llvm::join(report.names, ", ");
}

std::string folded(llvm::StringRef title, llvm::StringRef text) {
  return ("\n<details><summary>" + title + "</summary>\n\n" + text + "\n</details>\n").str();
}

std::string sizes(const ImageReport& report) {
  std::string size = humanSize(report.tarBytes);
  if (report.compressedBytes) size += ", " + humanSize(*report.compressedBytes) + " compressed";
  Rows rows{{"Size", "Layers", "Files", "Efficiency", "Waste"}};
  rows.push_back({size, std::to_string(report.layers.size()), std::to_string(report.visibleFiles),
                  llvm::formatv("{0:f1} %", report.efficiency.score * 100), humanSize(report.waste.bytes)});
  return markdownTable(rows);
}

std::string gatesText(llvm::ArrayRef<GateResult> gates) {
  if (gates.empty()) return "";
  Rows rows{{"", "Rule", "Limit", "Measured", ""}};
  for (const GateResult& gate : gates) {
    if (gate.status == GateResult::Status::Skip && gate.limit.empty()) continue;
    rows.push_back({nameOf(gate.status).upper(), nameOf(gate.gate).str(), escaped(gate.limit), gate.measured,
                    escaped(gate.detail)});
  }
  return "\n**" + verdictOf(gates) + "**\n\n" + markdownTable(rows);
}

std::string placeCell(const FindingPlace& place) {
  std::string line = place.line ? "line " + std::to_string(*place.line) : "";
  if (place.layer) line = "layer " + std::to_string(*place.layer + 1) + (line.empty() ? "" : ", " + line);
  std::string what = place.path.empty() ? place.element : "/" + place.path;
  if (place.fileLine) what += ":" + std::to_string(*place.fileLine);
  return line + (line.empty() || what.empty() ? "" : ": ") + code(what);
}

std::string findingsText(llvm::StringRef title, std::vector<Finding> findings) {
  llvm::erase_if(findings, [](const Finding& finding) { return finding.level == FindingLevel::Note; });
  if (findings.empty()) return "";
  Rows rows{{"", "What", "Where", "Detail"}};
  for (const Finding& finding : llvm::ArrayRef(findings).take_front(kFindingRows))
    rows.push_back(
        {nameOf(finding.level).str(), escaped(finding.title), placeCell(finding.where), escaped(finding.detail)});
  std::string text = ("\n### " + title + "\n\n").str() + markdownTable(rows);
  if (findings.size() > kFindingRows) text += "\nand " + std::to_string(findings.size() - kFindingRows) + " more\n";
  return text;
}

std::string layersText(const ImageReport& report) {
  Rows rows{{"Layer", "Size", "Files", "Line", "Cache", "Instruction"}};
  for (const LayerReport& layer : report.layers) {
    bool isHit = layer.outcome && *layer.outcome == BuildStep::Outcome::Hit;
    rows.push_back({std::to_string(layer.position + 1), humanSize(layer.tarBytes), std::to_string(layer.counts.files),
                    layer.line ? std::to_string(*layer.line) : "",
                    !layer.outcome ? ""
                    : isHit        ? "hit"
                                   : "miss",
                    code(layer.instruction, kMarkdownInstruction)});
  }
  return folded("Layers", markdownTable(rows));
}

std::string filesText(const ImageReport& report) {
  if (report.largest.empty()) return "";
  Rows rows{{"Size", "Layer", "File"}};
  for (const LargeFile& file : report.largest)
    rows.push_back({humanSize(file.bytes), std::to_string(file.layer + 1), code("/" + file.path)});
  return folded("Largest files", markdownTable(rows));
}
}  // namespace

std::string printMarkdown(const ImageReport& report, const SecretReport& secrets, llvm::ArrayRef<GateResult> gates) {
  std::string text = "## Image " + code(namesOf(report)) + "\n" + gatesText(gates) + "\n" + sizes(report);
  text += findingsText("Secrets", secrets.findings);
  if (secrets.reading.wanted) text += "\n" + escaped(printReading(secrets.reading)) + "\n";
  return text + findingsText("Waste", wasteFindings(report)) + layersText(report) + filesText(report);
}

}  // namespace strata::analyzer

#include "analyzer/findings/waste_findings.h"

#include "support/text.h"

namespace strata::analyzer {

namespace {
Finding findingOf(const WasteFinding& waste, const ImageReport& report) {
  const LayerReport& layer = report.layers[waste.layer];
  Finding finding{.rule = "waste/" + nameOf(waste.cause).str(),
                  .level = waste.bytes < kNotableWaste ? FindingLevel::Note : FindingLevel::Warning};
  finding.title = humanSize(waste.bytes) + " " + titleOf(waste.cause).str();
  if (!waste.what.empty()) finding.title += ": " + waste.what;
  finding.where = {.layer = waste.layer, .instruction = layer.instruction, .line = layer.line};
  if (layer.line && report.build) finding.where.dockerfile = report.build->dockerfile;
  if (!waste.paths.empty()) finding.where.path = waste.paths.front().path;
  finding.detail = std::to_string(waste.files) + (waste.files == 1 ? " file" : " files, the largest first");
  if (!waste.hint.empty()) finding.detail += "; " + waste.hint;
  finding.bytes = waste.bytes;
  return finding;
}
}  // namespace

std::vector<Finding> wasteFindings(const ImageReport& report) {
  std::vector<Finding> findings;
  for (const WasteFinding& waste : report.waste.findings) findings.push_back(findingOf(waste, report));
  return findings;
}

}  // namespace strata::analyzer

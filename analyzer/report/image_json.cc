#include "analyzer/report/image_json.h"

#include "analyzer/report/json_text.h"

namespace strata::analyzer {

namespace {

using llvm::json::Array;
using llvm::json::Object;

Object toJson(const LayerReport& layer, const ImageReport& report) {
  const LayerCounts& counts = layer.counts;
  Object object{{"position", layer.position},
                {"diffId", layer.diffId.str()},
                {"instruction", jsonText(layer.instruction)},
                {"tarBytes", jsonNumber(layer.tarBytes)},
                {"fileBytes", jsonNumber(counts.fileBytes)},
                {"files", jsonNumber(counts.files)},
                {"directories", jsonNumber(counts.directories)},
                {"links", jsonNumber(counts.links)},
                {"added", jsonNumber(counts.added)},
                {"modified", jsonNumber(counts.modified)},
                {"metadataOnly", jsonNumber(counts.metadata)},
                {"removed", jsonNumber(counts.removed)},
                {"sharedWith", layer.sharedWith}};
  if (layer.compressedBytes) object["compressedBytes"] = jsonNumber(*layer.compressedBytes);
  if (layer.line) object["line"] = *layer.line;
  if (!layer.outcome) return object;
  object["outcome"] = nameOf(*layer.outcome);
  object["nanoseconds"] = layer.nanoseconds;
  if (layer.reason && report.build) object["reason"] = toJson(*layer.reason, *report.build);
  return object;
}

Object toJson(const WasteFinding& finding) {
  Array paths;
  for (const WastedPath& wasted : finding.paths)
    paths.push_back(Object{{"path", jsonText("/" + wasted.path)}, {"bytes", jsonNumber(wasted.bytes)}});
  Object object{{"cause", nameOf(finding.cause)},     {"layer", finding.layer},    {"bytes", jsonNumber(finding.bytes)},
                {"files", jsonNumber(finding.files)}, {"paths", std::move(paths)}, {"hint", jsonText(finding.hint)}};
  if (finding.other) object["otherLayer"] = *finding.other;
  if (!finding.what.empty()) object["what"] = finding.what;
  if (!finding.equalTo.empty()) object["equalTo"] = jsonText("/" + finding.equalTo);
  return object;
}

Object toJson(const Waste& waste) {
  Array findings;
  for (const WasteFinding& finding : waste.findings) findings.push_back(toJson(finding));
  return Object{
      {"bytes", jsonNumber(waste.bytes)}, {"files", jsonNumber(waste.files)}, {"findings", std::move(findings)}};
}

Object toJson(const Efficiency& efficiency) {
  return Object{{"score", efficiency.score},
                {"wastedBytes", jsonNumber(efficiency.wastedBytes)},
                {"userBytes", jsonNumber(efficiency.userBytes)},
                {"wastedPercent", efficiency.wastedPercent()}};
}

Array toJson(llvm::ArrayRef<LargeFile> files) {
  Array array;
  for (const LargeFile& file : files)
    array.push_back(
        Object{{"path", jsonText("/" + file.path)}, {"bytes", jsonNumber(file.bytes)}, {"layer", file.layer}});
  return array;
}

}  // namespace

llvm::json::Value toJson(const ImageReport& report) {
  Array layers;
  for (const LayerReport& layer : report.layers) layers.push_back(toJson(layer, report));
  Object object{{"schema", kImageReportSchema},
                {"id", report.id.str()},
                {"names", Array(report.names)},
                {"platform", report.platform.str()},
                {"tarBytes", jsonNumber(report.tarBytes)},
                {"visibleFiles", jsonNumber(report.visibleFiles)},
                {"visibleBytes", jsonNumber(report.visibleBytes)},
                {"sharedBytes", jsonNumber(report.sharedBytes)},
                {"efficiency", toJson(report.efficiency)},
                {"waste", toJson(report.waste)},
                {"largest", toJson(report.largest)},
                {"layers", std::move(layers)}};
  if (report.compressedBytes) object["compressedBytes"] = jsonNumber(*report.compressedBytes);
  if (report.build) object["build"] = report.build->id;
  return object;
}

}  // namespace strata::analyzer

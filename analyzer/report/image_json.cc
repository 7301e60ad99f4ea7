#include "analyzer/report/image_json.h"

namespace strata::analyzer {

namespace {

using llvm::json::Array;
using llvm::json::Object;

int64_t number(uint64_t value) { return int64_t(value); }
std::string text(llvm::StringRef bytes) { return llvm::json::fixUTF8(bytes); }

Object toJson(const LayerReport& layer, const ImageReport& report) {
  const LayerCounts& counts = layer.counts;
  Object object{{"position", layer.position},
                {"diffId", layer.diffId.str()},
                {"instruction", text(layer.instruction)},
                {"tarBytes", number(layer.tarBytes)},
                {"fileBytes", number(counts.fileBytes)},
                {"files", number(counts.files)},
                {"directories", number(counts.directories)},
                {"links", number(counts.links)},
                {"added", number(counts.added)},
                {"modified", number(counts.modified)},
                {"metadataOnly", number(counts.metadata)},
                {"removed", number(counts.removed)},
                {"sharedWith", layer.sharedWith}};
  if (layer.compressedBytes) object["compressedBytes"] = number(*layer.compressedBytes);
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
    paths.push_back(Object{{"path", text("/" + wasted.path)}, {"bytes", number(wasted.bytes)}});
  Object object{{"cause", nameOf(finding.cause)}, {"layer", finding.layer},    {"bytes", number(finding.bytes)},
                {"files", number(finding.files)}, {"paths", std::move(paths)}, {"hint", text(finding.hint)}};
  if (finding.other) object["otherLayer"] = *finding.other;
  if (!finding.what.empty()) object["what"] = finding.what;
  if (!finding.equalTo.empty()) object["equalTo"] = text("/" + finding.equalTo);
  return object;
}

Object toJson(const Waste& waste) {
  Array findings;
  for (const WasteFinding& finding : waste.findings) findings.push_back(toJson(finding));
  return Object{{"bytes", number(waste.bytes)}, {"files", number(waste.files)}, {"findings", std::move(findings)}};
}

Object toJson(const Efficiency& efficiency) {
  return Object{{"score", efficiency.score},
                {"wastedBytes", number(efficiency.wastedBytes)},
                {"userBytes", number(efficiency.userBytes)},
                {"wastedPercent", efficiency.wastedPercent()}};
}

Array toJson(llvm::ArrayRef<LargeFile> files) {
  Array array;
  for (const LargeFile& file : files)
    array.push_back(Object{{"path", text("/" + file.path)}, {"bytes", number(file.bytes)}, {"layer", file.layer}});
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
                {"tarBytes", number(report.tarBytes)},
                {"visibleFiles", number(report.visibleFiles)},
                {"visibleBytes", number(report.visibleBytes)},
                {"sharedBytes", number(report.sharedBytes)},
                {"efficiency", toJson(report.efficiency)},
                {"waste", toJson(report.waste)},
                {"largest", toJson(report.largest)},
                {"layers", std::move(layers)}};
  if (report.compressedBytes) object["compressedBytes"] = number(*report.compressedBytes);
  if (report.build) object["build"] = report.build->id;
  return object;
}

}  // namespace strata::analyzer

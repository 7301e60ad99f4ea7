#include "analyzer/report/findings_json.h"

#include "analyzer/report/json_text.h"

namespace strata::analyzer {

namespace {
using llvm::json::Array;
using llvm::json::Object;

Object toJson(const FindingPlace& place) {
  Object object;
  if (place.layer) object["layer"] = *place.layer;
  if (!place.instruction.empty()) object["instruction"] = jsonText(place.instruction);
  if (!place.dockerfile.empty()) object["dockerfile"] = jsonText(place.dockerfile);
  if (place.line) object["line"] = *place.line;
  if (!place.path.empty()) object["path"] = jsonText("/" + place.path);
  if (place.fileLine) object["fileLine"] = int64_t(*place.fileLine);
  if (place.offset) object["offset"] = int64_t(*place.offset);
  if (!place.element.empty()) object["element"] = jsonText(place.element);
  return object;
}
}  // namespace

Object toJson(const Finding& finding) {
  Object object{{"rule", finding.rule},
                {"level", nameOf(finding.level)},
                {"title", jsonText(finding.title)},
                {"where", toJson(finding.where)}};
  if (!finding.detail.empty()) object["detail"] = jsonText(finding.detail);
  if (!finding.edit.empty()) object["edit"] = jsonText(finding.edit);
  if (finding.bytes > 0) object["bytes"] = int64_t(finding.bytes);
  if (finding.nanoseconds > 0) object["nanoseconds"] = finding.nanoseconds;
  return object;
}

Array toJson(llvm::ArrayRef<Finding> findings) {
  Array array;
  for (const Finding& finding : findings) array.push_back(toJson(finding));
  return array;
}

Object toJson(const SecretReport& report) {
  const SecretReading& reading = report.reading;
  Object object{{"findings", toJson(llvm::ArrayRef(report.findings))}, {"contentsRead", reading.wanted}};
  if (!reading.wanted) return object;
  object["files"] = int64_t(reading.files);
  object["bytes"] = int64_t(reading.bytes);
  object["binaries"] = int64_t(reading.binaries);
  object["cut"] = int64_t(reading.cut);
  return object;
}

}  // namespace strata::analyzer

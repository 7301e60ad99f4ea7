#include "analyzer/report/sarif.h"

#include "analyzer/report/json_text.h"
#include "support/digest.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>

#include <map>

namespace strata::analyzer {

namespace {
using llvm::json::Array;
using llvm::json::Object;

constexpr llvm::StringLiteral kSchema = "https://json.schemastore.org/sarif-2.1.0.json";

Object message(llvm::StringRef bytes) { return Object{{"text", shownText(bytes)}}; }

/// What a rule is about, for its first lines; by its family.
llvm::StringRef aboutFamily(llvm::StringRef rule) {
  return llvm::StringSwitch<llvm::StringRef>(rule.split('/').first)
      .Case("secret", "Whoever has the image has what is secret in any of its layers, removed later or not")
      .Case("waste", "Bytes of the image that nobody needs")
      .Case("gate", "A rule that images must meet")
      .Case("advice", "A change that makes builds faster or the image smaller")
      .Default("Something about the image");
}

/// Rules in order of their names, with their places in the list that results refer to.
class Rules {
public:
  explicit Rules(llvm::ArrayRef<Finding> findings) {
    for (const Finding& finding : findings) places_.try_emplace(finding.rule, 0);
    int64_t place = 0;
    for (auto& [rule, number] : places_) number = place++;
  }
  int64_t placeOf(const std::string& rule) const { return places_.at(rule); }
  Array json() const {
    Array array;
    for (const auto& [rule, place] : places_)
      array.push_back(Object{{"id", rule},
                             {"name", rule},
                             {"shortDescription", message(rule)},
                             {"fullDescription", message(aboutFamily(rule))}});
    return array;
  }

private:
  std::map<std::string, int64_t> places_;
};

Object logicalLocation(const FindingPlace& place) {
  std::string name;
  if (place.layer) name = "layer " + std::to_string(*place.layer + 1);
  if (!place.path.empty()) name += "/" + place.path;
  if (!place.element.empty()) name += (name.empty() ? "" : "/") + place.element;
  if (name.empty()) name = "image";
  return Object{{"fullyQualifiedName", shownText(name)}, {"kind", "resource"}};
}

Object locationOf(const FindingPlace& place) {
  Object location{{"logicalLocations", Array{logicalLocation(place)}}};
  if (place.dockerfile.empty() || place.dockerfile == "-") return location;
  location["physicalLocation"] = Object{{"artifactLocation", Object{{"uri", uriOf(place.dockerfile)}}},
                                        {"region", Object{{"startLine", int64_t(place.line.value_or(1))}}}};
  return location;
}

/// Of what does not change when lines of the Dockerfile or bytes of the file move.
std::string fingerprintOf(const Finding& finding) {
  std::string what = finding.rule + '\0' + finding.where.path + '\0' + finding.where.element + '\0' +
                     finding.where.instruction + '\0' + (finding.where.path.empty() ? "" : finding.title);
  return digestOf(what).hex().substr(0, 32);
}

Object resultOf(const Finding& finding, const Rules& rules) {
  std::string place = placeText(finding.where), said = finding.title;
  if (!place.empty()) said += " in " + place;
  if (!finding.detail.empty()) said += ". " + finding.detail;
  Object result{{"ruleId", finding.rule},
                {"ruleIndex", rules.placeOf(finding.rule)},
                {"level", nameOf(finding.level)},
                {"message", message(said)},
                {"locations", Array{locationOf(finding.where)}},
                {"partialFingerprints", Object{{"strataFinding/v1", fingerprintOf(finding)}}}};
  Object properties;
  if (finding.bytes > 0) properties["bytes"] = int64_t(finding.bytes);
  if (finding.nanoseconds > 0) properties["nanoseconds"] = finding.nanoseconds;
  if (!finding.edit.empty()) properties["edit"] = llvm::json::fixUTF8(finding.edit);
  if (!properties.empty()) result["properties"] = std::move(properties);
  return result;
}

bool isPlain(char c) { return llvm::isAlnum(c) || llvm::StringRef("-._~/").contains(c); }
}  // namespace

std::string uriOf(llvm::StringRef path) {
  std::string uri = path.starts_with("/") ? "file://" : "";
  while (path.consume_front("./")) {
  }
  for (char c : path)
    uri += isPlain(c) ? std::string(1, c) : "%" + llvm::utohexstr(uint8_t(c), /*LowerCase=*/false, /*Width=*/2);
  return uri;
}

llvm::json::Value sarifOf(llvm::ArrayRef<Finding> findings, llvm::StringRef image, llvm::StringRef version) {
  Rules rules(findings);
  Array results;
  for (const Finding& finding : findings) results.push_back(resultOf(finding, rules));
  Object driver{{"name", "strata"}, {"version", version}, {"rules", rules.json()}};
  Object run{{"tool", Object{{"driver", std::move(driver)}}},
             {"results", std::move(results)},
             {"columnKind", "utf16CodeUnits"},
             {"properties", Object{{"image", shownText(image)}}}};
  return Object{{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Array{std::move(run)}}};
}

}  // namespace strata::analyzer

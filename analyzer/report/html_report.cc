#include "analyzer/report/html_report.h"

#include "analyzer/report/html_builds.h"
#include "analyzer/report/html_tree.h"
#include "analyzer/report/image_json.h"
#include "analyzer/report/json_text.h"
#include "support/text.h"

extern "C" const char strata_report_page[], strata_report_page_end[];

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kPlace = "@@data@@";

/// As JSON between two tags: nothing in it can end the element that it stands in.
std::string embedded(const llvm::json::Value& data) {
  std::string text;
  for (char c : printJson(data)) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}
/// The same value without secrets in its texts.
llvm::json::Value redacted(const llvm::json::Value& value, const Redactor& redactor) {
  if (auto text = value.getAsString()) return redactor.apply(*text);
  if (const llvm::json::Array* array = value.getAsArray()) {
    llvm::json::Array clean;
    for (const llvm::json::Value& one : *array) clean.push_back(redacted(one, redactor));
    return clean;
  }
  if (const llvm::json::Object* object = value.getAsObject()) {
    llvm::json::Object clean;
    for (const auto& [name, one] : *object) clean[name] = redacted(one, redactor);
    return clean;
  }
  return value;
}

llvm::json::Object findingJson(const Finding& finding) {
  return llvm::json::Object{{"rule", finding.rule},
                            {"level", nameOf(finding.level)},
                            {"title", jsonText(finding.title)},
                            {"where", jsonText(placeText(finding.where))},
                            {"detail", jsonText(finding.detail)},
                            {"edit", jsonText(finding.edit)},
                            {"bytes", int64_t(finding.bytes)},
                            {"nanoseconds", finding.nanoseconds}};
}
}  // namespace

llvm::json::Value htmlData(const HtmlContents& contents, const Redactor& redactor) {
  llvm::json::Object data{{"schema", 1}, {"title", llvm::json::fixUTF8(contents.title)}};
  if (contents.image) data["image"] = toJson(*contents.image);
  if (contents.tree) data["tree"] = htmlTree(*contents.tree);
  if (!contents.builds.empty()) {
    data["build"] = redacted(htmlBuild(contents.builds.front()), redactor);
    data["history"] = redacted(htmlHistory(contents.builds), redactor);
  }
  if (contents.bench) data["bench"] = redacted(*contents.bench, redactor);
  llvm::json::Array findings;
  for (const Finding& finding : contents.findings) findings.push_back(findingJson(finding));
  data["findings"] = std::move(findings);
  return data;
}

std::string printHtml(const HtmlContents& contents, const Redactor& redactor) {
  llvm::StringRef page(strata_report_page, size_t(strata_report_page_end - strata_report_page));
  auto [before, after] = page.split(kPlace);
  return (before + embedded(htmlData(contents, redactor)) + after).str();
}

}  // namespace strata::analyzer

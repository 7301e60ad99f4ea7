#include "analyzer/findings/finding.h"

#include "analyzer/image/instruction_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <tuple>

namespace strata::analyzer {

namespace {
constexpr size_t kOriginInstruction = 60;

void append(std::string& text, llvm::StringRef part) {
  if (!text.empty()) text += ", ";
  text += part;
}

std::string instructionText(const FindingPlace& place) {
  std::string instruction = onOneLine(place.instruction);
  std::string text = printable(llvm::StringRef(instruction).take_front(kOriginInstruction));
  if (instruction.size() > kOriginInstruction) text += "...";
  if (!place.line) return text;
  std::string line = place.dockerfile.empty() ? "line " : printable(place.dockerfile) + ":";
  line += std::to_string(*place.line);
  return text.empty() ? line : text + " (" + line + ")";
}

std::string pathText(const FindingPlace& place) {
  std::string text = printable("/" + place.path);
  if (place.fileLine) return text + ":" + std::to_string(*place.fileLine);
  return place.offset ? text + " at byte " + std::to_string(*place.offset) : text;
}

auto weightOf(const Finding& finding) {
  return std::make_tuple(finding.level, ~finding.bytes, -finding.nanoseconds, finding.where.layer.value_or(0),
                         llvm::StringRef(finding.where.path), finding.where.offset.value_or(0),
                         llvm::StringRef(finding.where.element), llvm::StringRef(finding.rule));
}
}  // namespace

std::string placeText(const FindingPlace& place) {
  std::string text;
  if (place.layer) append(text, "layer " + std::to_string(*place.layer + 1));
  if (std::string instruction = instructionText(place); !instruction.empty()) append(text, instruction);
  if (!place.element.empty()) append(text, printable(place.element));
  if (!place.path.empty()) append(text, pathText(place));
  return text;
}

void sortByWeight(std::vector<Finding>& findings) {
  llvm::stable_sort(findings, [](const Finding& a, const Finding& b) { return weightOf(a) < weightOf(b); });
}

size_t countOf(llvm::ArrayRef<Finding> findings, FindingLevel level) {
  return size_t(llvm::count_if(findings, [&](const Finding& finding) { return finding.level == level; }));
}

}  // namespace strata::analyzer

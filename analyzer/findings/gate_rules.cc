#include "analyzer/findings/gate_rules.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <array>
#include <cmath>

namespace strata::analyzer {

namespace {

enum class Unit { Ratio, Bytes, Number, Growth };

struct GateRow {
  Gate gate;
  llvm::StringLiteral name, dashed;
  Unit unit;
};
constexpr GateRow kRows[] = {
    {Gate::LowestEfficiency, "lowestEfficiency", "lowest-efficiency", Unit::Ratio},
    {Gate::HighestWastedBytes, "highestWastedBytes", "highest-wasted-bytes", Unit::Bytes},
    {Gate::HighestUserWastedPercent, "highestUserWastedPercent", "highest-user-wasted-percent", Unit::Ratio},
    {Gate::HighestImageSize, "highestImageSize", "highest-image-size", Unit::Bytes},
    {Gate::HighestGrowth, "highestGrowth", "highest-growth", Unit::Growth},
    {Gate::HighestFileSize, "highestFileSize", "highest-file-size", Unit::Bytes},
    {Gate::LowestCacheHitRate, "lowestCacheHitRate", "lowest-cache-hit-rate", Unit::Ratio},
    {Gate::HighestSecrets, "highestSecrets", "highest-secrets", Unit::Number},
};
static_assert(std::size(kRows) == kGates);

/// A number at the beginning, and what follows it.
std::optional<std::pair<double, llvm::StringRef>> readNumber(llvm::StringRef text) {
  size_t size = text.find_first_not_of("0123456789.");
  double number = 0;
  if (size == 0 || text.take_front(size).getAsDouble(number) || !std::isfinite(number)) return std::nullopt;
  return std::pair(number, text.substr(std::min(size, text.size())));
}

/// 0.95 or 95%.
std::optional<double> readRatio(llvm::StringRef text) {
  auto number = readNumber(text);
  if (!number) return std::nullopt;
  auto [value, rest] = *number;
  rest = rest.trim();
  if (rest == "%") value /= 100;
  if ((!rest.empty() && rest != "%") || value > 1) return std::nullopt;
  return value;
}

/// Units of 1000, and of 1024 where an "i" says so, in any case, as dive reads them.
std::optional<double> readBytes(llvm::StringRef text) {
  auto number = readNumber(text);
  if (!number) return std::nullopt;
  std::string unit = number->second.trim().lower();
  llvm::StringRef rest = unit;
  rest.consume_back("b");
  double thousand = rest.consume_back("i") ? 1024 : 1000;
  if (rest.empty() && thousand == 1000) return number->first;
  size_t power = rest.size() == 1 ? llvm::StringRef("kmgtp").find(rest[0]) : llvm::StringRef::npos;
  if (power == llvm::StringRef::npos) return std::nullopt;
  return number->first * std::pow(thousand, double(power + 1));
}

std::optional<double> readCount(llvm::StringRef text) {
  unsigned count = 0;
  if (text.getAsInteger(10, count)) return std::nullopt;
  return count;
}

llvm::StringRef expected(Unit unit) {
  switch (unit) {
    case Unit::Ratio:
      return "a ratio from 0 to 1, or a percentage (0.95, 95%)";
    case Unit::Bytes:
      return "a size (20MB, 1.5GiB)";
    case Unit::Number:
      return "a number";
    case Unit::Growth:
      return "a size or a percentage (20MB, 5%)";
  }
  return "";
}

std::optional<double> readLimit(Unit unit, llvm::StringRef value, bool& isRatio) {
  isRatio = unit == Unit::Ratio || (unit == Unit::Growth && value.ends_with("%"));
  if (unit == Unit::Number) return readCount(value);
  if (!isRatio) return readBytes(value);
  if (unit == Unit::Ratio) return readRatio(value);
  auto number = readNumber(value.drop_back().rtrim());  // an image may grow by more than all it was
  return number && number->second.empty() ? std::optional(number->first / 100) : std::nullopt;
}

bool isOff(llvm::StringRef value) {
  return value.empty() || value.equals_insensitive("disabled") || value.equals_insensitive("off") ||
         value.equals_insensitive("false");
}

const GateRow* findRow(llvm::StringRef name) {
  const GateRow* row = llvm::find_if(
      kRows, [&](const GateRow& candidate) { return candidate.name == name || candidate.dashed == name; });
  return row == std::end(kRows) ? nullptr : row;
}

std::string suggestion(llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef, 2 * kGates> names;
  for (const GateRow& row : kRows) names.push_back(row.name);
  std::string near = didYouMean(name, names, /*ignoreCase=*/true);
  return near.empty() ? "; there are " + llvm::join(names, ", ") : near;
}

// --- Files ---

/// Without comment and quotes, as far as a scalar of YAML needs that. Nothing: what is quoted does not end.
std::optional<std::string> scalarOf(llvm::StringRef text) {
  text = text.trim();
  if (text.starts_with("\"") || text.starts_with("'")) {
    size_t end = text.find(text[0], 1);
    if (end == llvm::StringRef::npos) return std::nullopt;
    llvm::StringRef rest = text.substr(end + 1).ltrim();
    if (!rest.empty() && !rest.starts_with("#")) return std::nullopt;
    return text.slice(1, end).str();
  }
  if (text.starts_with("#")) return "";
  return text.take_front(text.find(" #")).rtrim().str();
}

class RuleFile {
public:
  RuleFile(GateRules& rules, llvm::StringRef file) : rules_(rules), file_(file) {}

  llvm::Error read(llvm::StringRef text) {
    text.consume_front("\xef\xbb\xbf");
    while (!text.empty()) {
      auto [line, rest] = text.split('\n');
      ++number_;
      line_ = line.rtrim();
      if (auto error = readLine()) return error;
      text = rest;
    }
    if (hasRules_) return llvm::Error::success();
    return fault(FaultKind::Invalid,
                 file_ + ": no 'rules:'; write it on a line of its own, and the rules indented below");
  }

private:
  llvm::Error wrong(const llvm::Twine& what) const {
    return fault(FaultKind::Invalid, file_ + ":" + llvm::Twine(number_) + ": " + what + "\n    " +
                                         printable(line_.ltrim().take_front(120)));
  }

  llvm::Error readLine() {
    llvm::StringRef content = line_.ltrim(" ");
    if (content.empty() || content.starts_with("#") || content == "---" || content == "...")
      return llvm::Error::success();
    if (content.starts_with("\t")) return wrong("YAML is indented by blanks, not by tabs");
    size_t indent = line_.size() - content.size();
    if (indent == 0) return beginSection(content);
    return inRules_ ? readRuleLine(content, indent) : llvm::Error::success();
  }

  llvm::Error beginSection(llvm::StringRef content) {
    auto [key, value] = content.split(':');
    inRules_ = key.rtrim() == "rules" && key.size() < content.size();
    if (!inRules_) return llvm::Error::success();
    if (hasRules_) return wrong("a second 'rules:'");
    hasRules_ = true;
    auto rest = scalarOf(value);
    if (!rest || !rest->empty()) return wrong("a rule stands on a line of its own below 'rules:'");
    return llvm::Error::success();
  }

  llvm::Error readRuleLine(llvm::StringRef content, size_t indent) {
    if (indent_ == 0) indent_ = indent;
    if (indent != indent_) return wrong("rules are indented alike, by " + llvm::Twine(indent_) + " blanks here");
    size_t colon = content.find(':');
    if (colon == llvm::StringRef::npos) return wrong("a rule is written NAME: VALUE");
    auto name = scalarOf(content.take_front(colon)), value = scalarOf(content.substr(colon + 1));
    if (!name || !value) return wrong("a quote that does not end");
    if (llvm::StringRef(*name).contains('/')) return llvm::Error::success();  // a plugin's
    if (colon + 1 < content.size() && content[colon + 1] != ' ') return wrong("a blank belongs behind ':'");
    if (llvm::is_contained(seen_, *name)) return wrong("'" + printable(*name) + "' for the second time");
    seen_.push_back(*name);
    if (auto error = setRule(rules_, *name, *value)) return wrong(messageOf(std::move(error)));
    return llvm::Error::success();
  }

  GateRules& rules_;
  llvm::StringRef file_, line_;
  size_t number_ = 0, indent_ = 0;
  bool inRules_ = false, hasRules_ = false;
  std::vector<std::string> seen_;
};

}  // namespace

llvm::StringRef nameOf(Gate gate) { return kRows[size_t(gate)].name; }

GateRules defaultRules() {
  GateRules rules;
  for (const GateRow& row : kRows) rules.push_back({.gate = row.gate});
  rules[size_t(Gate::LowestEfficiency)] = {Gate::LowestEfficiency, true, 0.9, true, "0.9"};
  rules[size_t(Gate::HighestUserWastedPercent)] = {Gate::HighestUserWastedPercent, true, 0.1, true, "0.1"};
  return rules;
}

const GateRule& ruleOf(const GateRules& rules, Gate gate) { return rules[size_t(gate)]; }

llvm::Error setRule(GateRules& rules, llvm::StringRef name, llvm::StringRef value) {
  const GateRow* row = findRow(name);
  if (!row) return fault(FaultKind::Invalid, "no rule '" + printable(name) + "'" + suggestion(name));
  value = value.trim();
  GateRule rule{.gate = row->gate, .text = value.str()};
  if (!isOff(value)) {
    auto limit = readLimit(row->unit, value, rule.isRatio);
    if (!limit)
      return fault(FaultKind::Invalid, row->name + ": '" + printable(value) + "' is not " + expected(row->unit) +
                                           "; 'disabled' turns the rule off");
    rule.isEnabled = true;
    rule.limit = *limit;
  }
  rules[size_t(row->gate)] = std::move(rule);
  return llvm::Error::success();
}

llvm::Error readRule(GateRules& rules, llvm::StringRef assignment) {
  auto [name, value] = assignment.split('=');
  if (name.size() == assignment.size())
    return fault(FaultKind::Invalid, "'" + printable(assignment) + "' is no NAME=VALUE (lowestEfficiency=0.95)");
  return setRule(rules, name.trim(), value);
}

llvm::Error readRules(GateRules& rules, llvm::StringRef file, llvm::StringRef text) {
  return RuleFile(rules, file).read(text);
}

}  // namespace strata::analyzer

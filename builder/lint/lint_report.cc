#include "builder/lint/lint_report.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

std::string LintWarning::text() const {
  std::string text = (infoOf(rule).name + ": " + message).str();
  return range.known() ? text + " (line " + std::to_string(range.firstLine()) + ")" : text;
}

void LintReport::add(LintRule rule, const SourceRange& range, llvm::ArrayRef<llvm::StringRef> comments,
                     const llvm::Twine& message) {
  if (!config_.enables(rule, comments)) return;
  LintWarning warning{rule, message.str(), range};
  if (seen_.insert(warning.text()).second) warnings_.push_back(std::move(warning));
}

std::vector<LintWarning> LintReport::byLine() const {
  std::vector<LintWarning> sorted = warnings_;
  llvm::stable_sort(
      sorted, [](const LintWarning& a, const LintWarning& b) { return a.range.firstLine() < b.range.firstLine(); });
  return sorted;
}

llvm::Error LintReport::violation() const {
  if (!config_.failsBuild() || warnings_.empty()) return llvm::Error::success();
  std::vector<llvm::StringRef> rules;
  for (const LintWarning& warning : warnings_)
    if (llvm::StringRef name = infoOf(warning.rule).name; !llvm::is_contained(rules, name)) rules.push_back(name);
  return fault(FaultKind::Invalid, "lint violation found for rules: " + llvm::join(rules, ", "));
}

}  // namespace strata::builder

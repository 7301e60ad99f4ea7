#include "analyzer/advice/ignore_edit.h"

#include "support/clean_path.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/GlobPattern.h>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kWildcards = "*?[\\";

/// The pattern of a line, without '!'; empty: there is none.
llvm::StringRef patternOf(llvm::StringRef line) {
  if (line.starts_with("#")) return "";
  llvm::StringRef pattern = line.trim();
  pattern.consume_front("!");
  return pattern.trim();
}

bool bringsBack(llvm::StringRef line) { return !line.starts_with("#") && line.trim().starts_with("!"); }

/// Whether a name in a pattern can mean such a file, and is not just any name.
bool mayMean(llvm::StringRef name, const IgnoreRule& rule) {
  if (rule.matches(name)) return true;
  if (name.find_first_of(kWildcards) == llvm::StringRef::npos || name.ltrim('*').empty()) return false;
  auto glob = llvm::GlobPattern::create(name);
  if (!glob) {
    llvm::consumeError(glob.takeError());
    return true;
  }
  llvm::StringRef ending = rule.name;
  bool isEnding = ending.consume_front("*");
  std::string example = (isEnding ? name.take_until([](char c) { return kWildcards.contains(c); }) : "").str();
  return glob->match(example + ending.str());
}
}  // namespace

IgnoreEdit::IgnoreEdit(const FileLines& file) : file_(file) {
  for (uint32_t number = file.count(); number > 0; --number)
    if (strata::analyzer::bringsBack(file.line(number))) firstBack_ = number;
}

bool IgnoreEdit::isNamed(const IgnoreRule& rule) const {
  for (uint32_t number = 1; number <= file_.count(); ++number)
    if (llvm::any_of(pathComponents(patternOf(file_.line(number))),
                     [&](llvm::StringRef name) { return mayMean(name, rule); }))
      return true;
  return false;
}

void IgnoreEdit::add(const IgnoreRule& rule, bool deep) {
  bool isEarly = bringsBack() && isNamed(rule);
  (isEarly ? early_ : late_).push_back((deep ? "**/" : "") + rule.name.str());
}

std::vector<LineEdit> IgnoreEdit::edits() const {
  std::vector<LineEdit> edits;
  if (!early_.empty()) edits.push_back({*firstBack_, *firstBack_ - 1, early_});
  if (!late_.empty()) edits.push_back({file_.count() + 1, file_.count(), late_});
  return edits;
}

}  // namespace strata::analyzer

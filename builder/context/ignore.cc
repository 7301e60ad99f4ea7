#include "builder/context/ignore_cursor.h"
#include "builder/context/ignore_rules.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
/// Components of a clean path: "./a//b/.." -> "a". Leading ".." stay, and match nothing later.
llvm::SmallVector<llvm::StringRef, 8> cleanComponents(llvm::StringRef path) {
  llvm::SmallVector<llvm::StringRef, 8> parts, kept;
  path.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (part == ".") continue;
    if (part != ".." || kept.empty() || kept.back() == "..")
      kept.push_back(part);
    else
      kept.pop_back();
  }
  return kept;
}

llvm::StringRef trimBlanks(llvm::StringRef text) { return text.trim(" \t\r\n\v\f"); }
}  // namespace

llvm::Error IgnoreMatcher::Impl::compile(IgnoreRule& rule, llvm::StringRef pattern) {
  auto components = cleanComponents(pattern);
  if (!rule.line && pattern.starts_with("/")) components = {"/"};  // no name: --exclude=/x matches nothing
  auto crosses = [](llvm::StringRef part) { return part.contains("**") && part != "**"; };
  if (llvm::any_of(components, crosses)) {
    auto whole = GlobPattern::compileAcross(llvm::join(components, "/"));
    if (!whole) return whole.takeError();
    rule.whole = std::move(*whole);
  } else {
    for (llvm::StringRef part : components) {
      if (part == "**" && !rule.components.empty() && rule.components.back().anyDepth) continue;
      auto name = GlobPattern::compile(part);
      if (!name) return name.takeError();
      rule.components.push_back({part == "**", std::move(*name)});
    }
  }
  return llvm::Error::success();
}

llvm::Error IgnoreMatcher::Impl::add(llvm::StringRef line, unsigned number) {
  llvm::StringRef pattern = trimBlanks(line);
  if (pattern.empty()) return llvm::Error::success();
  IgnoreRule rule;
  rule.shown = pattern.str();
  rule.line = number;
  rule.negated = pattern.consume_front("!");
  pattern = trimBlanks(pattern);
  auto at = [&] { return number ? shownName + ":" + std::to_string(number) + ": " : std::string(); };
  if (pattern.empty()) return fault(FaultKind::Invalid, at() + "illegal exclusion pattern: \"!\"");
  if (auto error = compile(rule, pattern))
    return fault(FaultKind::Invalid, at() + messageOf(std::move(error)) + " '" + printable(rule.shown) + "'");
  hasNegations |= rule.negated;
  patterns.push_back(rule.shown);
  rules.push_back(std::move(rule));
  return llvm::Error::success();
}

IgnoreMatcher::IgnoreMatcher() : impl_(std::make_unique<Impl>()) {}
IgnoreMatcher::~IgnoreMatcher() = default;
IgnoreMatcher::IgnoreMatcher(IgnoreMatcher&&) noexcept = default;
IgnoreMatcher& IgnoreMatcher::operator=(IgnoreMatcher&&) noexcept = default;

llvm::Expected<IgnoreMatcher> IgnoreMatcher::parse(llvm::StringRef text, llvm::StringRef shownName) {
  IgnoreMatcher matcher;
  matcher.impl_->shownName = shownName.str();
  text.consume_front("\xef\xbb\xbf");
  for (unsigned number = 1; !text.empty(); ++number) {
    auto [line, rest] = text.split('\n');
    text = rest;
    if (line.starts_with("#")) continue;
    if (auto error = matcher.impl_->add(line, number)) return error;
  }
  return matcher;
}

llvm::Expected<IgnoreMatcher> IgnoreMatcher::fromPatterns(llvm::ArrayRef<std::string> patterns) {
  IgnoreMatcher matcher;
  for (const std::string& pattern : patterns)
    if (auto error = matcher.impl_->add(pattern, 0)) return error;
  return matcher;
}

bool IgnoreMatcher::empty() const { return impl_->rules.empty(); }
bool IgnoreMatcher::hasNegations() const { return impl_->hasNegations; }
const std::vector<std::string>& IgnoreMatcher::patterns() const { return impl_->patterns; }

namespace {
IgnoreCursor cursorAt(const IgnoreMatcher& matcher, llvm::StringRef path) {
  IgnoreCursor cursor = IgnoreCursor::atRoot(matcher);
  llvm::SmallVector<llvm::StringRef, 16> parts;
  path.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (cursor.settled()) break;
    cursor = cursor.enter(part);
  }
  return cursor;
}
}  // namespace

bool IgnoreMatcher::excludes(llvm::StringRef path) const { return cursorAt(*this, path).excluded(); }
bool IgnoreMatcher::mayReincludeBelow(llvm::StringRef directory) const {
  return cursorAt(*this, directory).mayReincludeBelow();
}
std::string IgnoreMatcher::reasonFor(llvm::StringRef path) const {
  IgnoreCursor cursor = cursorAt(*this, path);
  if (!cursor.excluded()) return "";
  const IgnoreRule& rule = impl_->rules[size_t(cursor.rule())];
  std::string where = rule.line ? impl_->shownName + ":" + std::to_string(rule.line) : std::string("--exclude");
  return where + " '" + printable(rule.shown) + "'";
}

void IgnoreCursor::activate(uint32_t rule, uint32_t position) {
  const auto& components = matcher_->impl_->rules[rule].components;
  for (const Active& other : llvm::reverse(active_)) {
    if (other.rule != rule) break;
    if (other.position == position) return;  // "**/a/**/b" gets there by many ways
  }
  active_.push_back({rule, position});
  // "**" may also stand for nothing, but for at least one name at the end.
  if (position < components.size() && components[position].anyDepth && position + 1 < components.size())
    active_.push_back({rule, position + 1});
}

IgnoreCursor IgnoreCursor::atRoot(const IgnoreMatcher& matcher) {
  IgnoreCursor cursor(matcher);
  const auto& rules = matcher.impl_->rules;
  for (uint32_t i = uint32_t(rules.size()); i-- > 0;)
    if (rules[i].whole || !rules[i].components.empty()) cursor.activate(i, 0);
  return cursor;
}

int IgnoreCursor::ruleFor(llvm::StringRef name) const {
  std::string path;
  for (const Active& active : active_) {
    const IgnoreRule& rule = matcher_->impl_->rules[active.rule];
    if (rule.whole) {
      if (path.empty()) path = path_.empty() ? name.str() : path_ + "/" + name.str();
      if (rule.whole->matches(path)) return int(active.rule);
      continue;
    }
    const auto& component = rule.components[active.position];
    bool last = active.position + 1 == rule.components.size();
    if (last && (component.anyDepth || component.name.matches(name))) return int(active.rule);
  }
  return rule_;
}

bool IgnoreCursor::excludes(llvm::StringRef name) const {
  int rule = ruleFor(name);
  return rule >= 0 && !matcher_->impl_->rules[size_t(rule)].negated;
}

IgnoreCursor IgnoreCursor::enter(llvm::StringRef name) const {
  IgnoreCursor below(*matcher_);
  below.rule_ = ruleFor(name);
  bool needsPath = false;
  for (const Active& active : active_) {
    if (int(active.rule) <= below.rule_) break;  // what matched this directory holds for all below
    const IgnoreRule& rule = matcher_->impl_->rules[active.rule];
    if (rule.whole) {
      needsPath = true;
      below.active_.push_back(active);
      continue;
    }
    const auto& component = rule.components[active.position];
    bool last = active.position + 1 == rule.components.size();
    if (component.anyDepth)
      below.activate(active.rule, active.position);
    else if (!last && component.name.matches(name))
      below.activate(active.rule, active.position + 1);
  }
  if (needsPath) below.path_ = path_.empty() ? name.str() : path_ + "/" + name.str();
  return below;
}

bool IgnoreCursor::excluded() const { return rule_ >= 0 && !matcher_->impl_->rules[size_t(rule_)].negated; }

bool IgnoreCursor::mayReincludeBelow() const {
  return llvm::any_of(active_, [&](const Active& active) { return matcher_->impl_->rules[active.rule].negated; });
}

}  // namespace strata::builder

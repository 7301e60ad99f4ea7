/// Input: a .dockerignore, a line "----", then one path a line.

#include "builder/context/glob.h"
#include "builder/context/ignore_cursor.h"
#include "tests/fuzz/fuzz.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::fuzz {

namespace {
using namespace builder;
using Parts = llvm::SmallVector<llvm::StringRef, 8>;
constexpr size_t kLongestPath = 512;  ///< every directory of it is held against every rule with its whole path

Parts partsOf(llvm::StringRef path) {
  Parts parts;
  path.split(parts, '/');
  return parts;
}

/// Relative and clean, as the walk of a context gives them.
bool isClean(llvm::StringRef path) {
  return llvm::none_of(partsOf(path), [](llvm::StringRef part) { return part.empty() || part == "." || part == ".."; });
}

/// Whether a pattern fits a path, name by name, in the plainest way: every alternative tried.
bool fits(llvm::ArrayRef<llvm::StringRef> pattern, llvm::ArrayRef<llvm::StringRef> path) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] == "**") {
    if (pattern.size() == 1) return !path.empty();
    return fits(pattern.drop_front(), path) || (!path.empty() && fits(pattern, path.drop_front()));
  }
  if (path.empty()) return false;
  auto matched = matchWildcard(pattern[0], path[0]);
  if (!matched) return llvm::consumeError(matched.takeError()), false;
  return *matched && fits(pattern.drop_front(), path.drop_front());
}

struct Rule {
  bool negated = false;
  Parts parts;
};

/// The rules, if each is of the simple kind: clean, "**" only as a whole name.
std::optional<std::vector<Rule>> simpleRules(const IgnoreMatcher& matcher) {
  std::vector<Rule> rules;
  for (llvm::StringRef pattern : matcher.patterns()) {
    Rule rule;
    rule.negated = pattern.consume_front("!");
    rule.parts = partsOf(pattern);
    bool simple = isClean(pattern) && rule.parts.size() <= 6 && !llvm::isSpace(pattern.front()) &&
                  llvm::all_of(rule.parts, [](llvm::StringRef part) { return part == "**" || !part.contains("**"); });
    if (!simple) return std::nullopt;
    rules.push_back(std::move(rule));
  }
  return rules;
}

/// The last rule that fits the path or a directory above it decides.
bool excludedBy(llvm::ArrayRef<Rule> rules, llvm::StringRef path) {
  Parts parts = partsOf(path);
  for (const Rule& rule : llvm::reverse(rules))
    for (size_t length = 1; length <= parts.size(); ++length)
      if (fits(rule.parts, llvm::ArrayRef(parts).take_front(length))) return !rule.negated;
  return false;
}

/// "/x" is "x" in a file, but matches nothing as --exclude.
bool meansTheSameAsOption(llvm::StringRef pattern) {
  pattern.consume_front("!");
  return !pattern.ltrim(" \t\r\n\v\f").starts_with("/");
}

void checkPath(const IgnoreMatcher& matcher, llvm::StringRef path) {
  bool excluded = matcher.excludes(path);
  FUZZ_EXPECT(excluded == !matcher.reasonFor(path).empty(), "what is excluded has a reason");
  if (excluded && !matcher.mayReincludeBelow(path))
    FUZZ_EXPECT(matcher.excludes((path + "/below").str()), "what is below an excluded directory is excluded");

  IgnoreCursor cursor = IgnoreCursor::atRoot(matcher);
  for (llvm::StringRef part : partsOf(path)) {
    bool foreseen = cursor.excludes(part);
    cursor = cursor.enter(part);
    FUZZ_EXPECT(foreseen == cursor.excluded(), "an entry is judged from above as from inside");
  }
  FUZZ_EXPECT(cursor.excluded() == excluded, "a walk finds what asking finds");

  auto rules = simpleRules(matcher);
  bool small = rules && rules->size() <= 8 && path.size() <= 64 && partsOf(path).size() <= 8;
  if (small) FUZZ_EXPECT(excludedBy(*rules, path) == excluded, "the last rule that fits decides");
}
}  // namespace

FUZZ_TARGET(ignore) {
  auto [text, paths] = input.split("----\n");
  auto matcher = valueOf(IgnoreMatcher::parse(text));
  llvm::SmallVector<llvm::StringRef> lines;
  paths.split(lines, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  lines.truncate(std::min<size_t>(lines.size(), 50));  // each is judged a few times from the root
  auto pattern = llvm::StringRef(text).split('\n').first;
  for (llvm::StringRef path : lines) {
    auto matched = valueOf(matchWildcard(pattern, path));
    bool literal = !hasWildcard(pattern) && !pattern.contains('\\');
    if (literal) FUZZ_EXPECT(matched && *matched == (pattern == path), "a plain pattern is a name");
  }
  if (!matcher) return;
  auto again = valueOf(IgnoreMatcher::fromPatterns(matcher->patterns()));
  FUZZ_EXPECT(again, "patterns that were read can be read again");
  FUZZ_EXPECT(again->patterns() == matcher->patterns(), "reading again changes no pattern");
  bool same = llvm::all_of(matcher->patterns(), meansTheSameAsOption);
  for (llvm::StringRef path : lines) {
    if (!isClean(path) || path.size() > kLongestPath) continue;
    checkPath(*matcher, path);
    FUZZ_EXPECT(!same || again->excludes(path) == matcher->excludes(path),
                "patterns that were read mean the same again");
  }
}

}  // namespace strata::fuzz

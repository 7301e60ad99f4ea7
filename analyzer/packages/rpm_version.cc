#include "analyzer/packages/version_order.h"
#include "analyzer/packages/version_text.h"

namespace strata::analyzer {

namespace {

bool separates(char c) { return !llvm::isAlnum(c) && c != '~' && c != '^'; }

/// Of the marks at the beginnings: "~" before everything, the end included; "^" after the end and before all else.
/// Nothing: they do not tell.
std::optional<std::strong_ordering> compareMarks(llvm::StringRef a, llvm::StringRef b) {
  if (a.starts_with("~") != b.starts_with("~"))
    return a.starts_with("~") ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a.starts_with("^") == b.starts_with("^")) return std::nullopt;
  bool left = a.starts_with("^");
  bool otherEnded = left ? b.empty() : a.empty();
  return left == otherEnded ? std::strong_ordering::greater : std::strong_ordering::less;
}

std::strong_ordering compareSegments(llvm::StringRef a, llvm::StringRef b) {
  for (;;) {
    a = a.drop_while(separates);
    b = b.drop_while(separates);
    if (auto order = compareMarks(a, b)) return *order;
    if (a.empty() || b.empty()) return !a.empty() <=> !b.empty();
    if (a[0] == '~' || a[0] == '^') {
      a = a.drop_front();
      b = b.drop_front();
      continue;
    }
    if (llvm::isDigit(a[0]) != llvm::isDigit(b[0]))  // a number is newer than a word
      return llvm::isDigit(a[0]) ? std::strong_ordering::greater : std::strong_ordering::less;
    bool number = llvm::isDigit(a[0]);
    llvm::StringRef left = number ? takeDigits(a) : takeLetters(a), right = number ? takeDigits(b) : takeLetters(b);
    auto order = number ? compareNumbers(left, right) : left.compare(right) <=> 0;
    if (order != 0) return order;
  }
}

}  // namespace

std::strong_ordering compareRpmVersions(llvm::StringRef a, llvm::StringRef b) {
  llvm::StringRef leftEpoch, rightEpoch;
  if (a.contains(':')) std::tie(leftEpoch, a) = a.split(':');
  if (b.contains(':')) std::tie(rightEpoch, b) = b.split(':');
  if (auto order = compareNumbers(leftEpoch, rightEpoch); order != 0) return order;
  auto [leftVersion, leftRelease] = a.rsplit('-');
  auto [rightVersion, rightRelease] = b.rsplit('-');
  if (auto order = compareSegments(leftVersion, rightVersion); order != 0) return order;
  return compareSegments(leftRelease, rightRelease);
}

}  // namespace strata::analyzer

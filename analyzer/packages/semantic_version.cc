#include "analyzer/packages/version_order.h"
#include "analyzer/packages/version_text.h"

#include <array>

namespace strata::analyzer {

namespace {

struct SemanticVersion {
  std::array<llvm::StringRef, 3> numbers;
  llvm::StringRef before;  ///< "rc.1": it comes before the version without
};

std::optional<SemanticVersion> parseSemantic(llvm::StringRef text) {
  SemanticVersion version;
  text = text.split('+').first;  // where it was built does not count
  for (size_t i = 0; i < version.numbers.size(); ++i) {
    if (i > 0 && !text.consume_front(".")) return std::nullopt;
    version.numbers[i] = takeDigits(text);
    if (version.numbers[i].empty()) return std::nullopt;
  }
  if (!text.empty() && !(text.consume_front("-") && !text.empty())) return std::nullopt;
  version.before = text;
  return version;
}

std::strong_ordering compareIdentifiers(llvm::StringRef a, llvm::StringRef b) {
  bool left = llvm::all_of(a, llvm::isDigit), right = llvm::all_of(b, llvm::isDigit);
  if (left != right) return left ? std::strong_ordering::less : std::strong_ordering::greater;
  return left ? compareNumbers(a, b) : a.compare(b) <=> 0;
}

std::strong_ordering compareBefore(llvm::StringRef a, llvm::StringRef b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();
  while (!a.empty() && !b.empty()) {
    auto [left, restLeft] = a.split('.');
    auto [right, restRight] = b.split('.');
    if (auto order = compareIdentifiers(left, right); order != 0) return order;
    a = restLeft;
    b = restRight;
  }
  return !a.empty() <=> !b.empty();
}

}  // namespace

std::optional<std::strong_ordering> compareSemanticVersions(llvm::StringRef a, llvm::StringRef b) {
  auto left = parseSemantic(a), right = parseSemantic(b);
  if (!left || !right) return std::nullopt;
  for (size_t i = 0; i < left->numbers.size(); ++i)
    if (auto order = compareNumbers(left->numbers[i], right->numbers[i]); order != 0) return order;
  return compareBefore(left->before, right->before);
}

}  // namespace strata::analyzer

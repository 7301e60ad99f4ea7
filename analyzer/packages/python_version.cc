#include "analyzer/packages/version_order.h"
#include "analyzer/packages/version_text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::analyzer {

namespace {

/// A number behind a word; whether the word is there.
struct Mark {
  bool there = false;
  llvm::StringRef number;
};
struct PythonVersion {
  llvm::StringRef epoch;
  llvm::SmallVector<llvm::StringRef, 8> release;
  int stage = 0;  ///< 1 alpha, 2 beta, 3 candidate; 0: none
  llvm::StringRef stageNumber;
  Mark post, dev;
  llvm::StringRef local;
};

void skipSeparator(llvm::StringRef& text) {
  if (!text.empty() && (text[0] == '.' || text[0] == '-' || text[0] == '_')) text = text.drop_front();
}

llvm::StringRef takeNumber(llvm::StringRef& text) {
  llvm::StringRef at = text;
  skipSeparator(at);
  llvm::StringRef digits = takeDigits(at);
  if (!digits.empty()) text = at;
  return digits;
}

void takeStage(llvm::StringRef& text, PythonVersion& version) {
  llvm::StringRef at = text;
  skipSeparator(at);
  version.stage = llvm::StringSwitch<int>(takeLetters(at))
                      .CasesLower("a", "alpha", 1)
                      .CasesLower("b", "beta", 2)
                      .CasesLower("rc", "c", "pre", "preview", 3)
                      .Default(0);
  if (version.stage == 0) return;
  text = at;
  version.stageNumber = takeNumber(text);
}

Mark takeMark(llvm::StringRef& text, llvm::ArrayRef<llvm::StringRef> words) {
  llvm::StringRef at = text;
  skipSeparator(at);
  llvm::StringRef word = takeLetters(at);
  if (word.empty() || llvm::none_of(words, [&](llvm::StringRef one) { return one.equals_insensitive(word); }))
    return {};
  text = at;
  return {.there = true, .number = takeNumber(text)};
}

std::optional<PythonVersion> parsePython(llvm::StringRef text) {
  PythonVersion version;
  text.consume_front_insensitive("v");
  std::tie(text, version.local) = text.split('+');
  if (text.contains('!')) std::tie(version.epoch, text) = text.split('!');
  do {
    version.release.push_back(takeDigits(text));
    if (version.release.back().empty()) return std::nullopt;
  } while (text.size() > 1 && text[0] == '.' && llvm::isDigit(text[1]) && text.consume_front("."));
  takeStage(text, version);
  version.post = takeMark(text, {"post", "rev", "r"});
  if (!version.post.there && text.consume_front("-")) version.post = {.there = true, .number = takeDigits(text)};
  version.dev = takeMark(text, {"dev"});
  if (!text.empty()) return std::nullopt;
  while (version.release.size() > 1 && version.release.back().ltrim('0').empty()) version.release.pop_back();
  return version;
}

/// 1.0.dev1 < 1.0a1.dev1 < 1.0a1 < 1.0 < 1.0.post1
int rankOfStage(const PythonVersion& version) {
  if (version.stage != 0) return version.stage;
  return !version.post.there && version.dev.there ? 0 : 4;
}

std::strong_ordering compareLocal(llvm::StringRef a, llvm::StringRef b) {
  while (!a.empty() && !b.empty()) {
    auto [left, restLeft] = a.split('.');
    auto [right, restRight] = b.split('.');
    bool numbers = llvm::all_of(left, llvm::isDigit), others = llvm::all_of(right, llvm::isDigit);
    if (numbers != others) return numbers ? std::strong_ordering::greater : std::strong_ordering::less;
    auto order = numbers ? compareNumbers(left, right) : left.compare_insensitive(right) <=> 0;
    if (order != 0) return order;
    a = restLeft;
    b = restRight;
  }
  return !a.empty() <=> !b.empty();
}

std::strong_ordering comparePython(const PythonVersion& a, const PythonVersion& b) {
  if (auto order = compareNumbers(a.epoch, b.epoch); order != 0) return order;
  for (size_t i = 0; i < std::max(a.release.size(), b.release.size()); ++i) {
    llvm::StringRef left = i < a.release.size() ? a.release[i] : "", right = i < b.release.size() ? b.release[i] : "";
    if (auto order = compareNumbers(left, right); order != 0) return order;
  }
  if (rankOfStage(a) != rankOfStage(b)) return rankOfStage(a) <=> rankOfStage(b);
  if (auto order = compareNumbers(a.stageNumber, b.stageNumber); order != 0) return order;
  if (a.post.there != b.post.there) return a.post.there <=> b.post.there;
  if (auto order = compareNumbers(a.post.number, b.post.number); order != 0) return order;
  if (a.dev.there != b.dev.there) return b.dev.there <=> a.dev.there;
  if (auto order = compareNumbers(a.dev.number, b.dev.number); order != 0) return order;
  return compareLocal(a.local, b.local);
}

}  // namespace

std::optional<std::strong_ordering> comparePythonVersions(llvm::StringRef a, llvm::StringRef b) {
  auto left = parsePython(a), right = parsePython(b);
  if (!left || !right) return std::nullopt;
  return comparePython(*left, *right);
}

}  // namespace strata::analyzer

#include "analyzer/packages/version_order.h"
#include "analyzer/packages/version_text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::analyzer {

namespace {

struct Suffix {
  int rank = 0;  ///< below 0: before the version without it
  llvm::StringRef number;
};
struct ApkVersion {
  llvm::SmallVector<llvm::StringRef, 8> numbers;
  llvm::StringRef letter;
  llvm::SmallVector<Suffix, 2> suffixes;
  llvm::StringRef revision;
};

std::optional<ApkVersion> parseApk(llvm::StringRef text) {
  ApkVersion version;
  do {
    version.numbers.push_back(takeDigits(text));
    if (version.numbers.back().empty()) return std::nullopt;
  } while (text.consume_front("."));
  version.letter = takeLetters(text);
  if (version.letter.size() > 1) return std::nullopt;
  while (text.consume_front("_")) {
    Suffix suffix;
    suffix.rank = llvm::StringSwitch<int>(takeLetters(text))
                      .Case("alpha", -4)
                      .Case("beta", -3)
                      .Case("pre", -2)
                      .Case("rc", -1)
                      .Case("cvs", 1)
                      .Case("svn", 2)
                      .Case("git", 3)
                      .Case("hg", 4)
                      .Case("p", 5)
                      .Default(0);
    if (suffix.rank == 0) return std::nullopt;
    suffix.number = takeDigits(text);
    version.suffixes.push_back(suffix);
  }
  if (text.consume_front("~")) text = text.drop_while(llvm::isHexDigit);  // a commit
  if (text.consume_front("-r")) version.revision = takeDigits(text);
  if (!text.empty()) return std::nullopt;
  return version;
}

std::strong_ordering compareSuffixes(const ApkVersion& a, const ApkVersion& b) {
  for (size_t i = 0; i < std::max(a.suffixes.size(), b.suffixes.size()); ++i) {
    Suffix left = i < a.suffixes.size() ? a.suffixes[i] : Suffix(),
           right = i < b.suffixes.size() ? b.suffixes[i] : Suffix();
    if (left.rank != right.rank) return left.rank <=> right.rank;
    if (auto order = compareNumbers(left.number, right.number); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

std::strong_ordering compareApk(const ApkVersion& a, const ApkVersion& b) {
  for (size_t i = 0; i < std::min(a.numbers.size(), b.numbers.size()); ++i)
    if (auto order = compareNumbers(a.numbers[i], b.numbers[i]); order != 0) return order;
  if (a.numbers.size() != b.numbers.size()) return a.numbers.size() <=> b.numbers.size();
  if (a.letter != b.letter) return a.letter.compare(b.letter) <=> 0;
  if (auto order = compareSuffixes(a, b); order != 0) return order;
  return compareNumbers(a.revision, b.revision);
}

}  // namespace

std::optional<std::strong_ordering> compareApkVersions(llvm::StringRef a, llvm::StringRef b) {
  auto left = parseApk(a), right = parseApk(b);
  if (!left || !right) return std::nullopt;
  return compareApk(*left, *right);
}

}  // namespace strata::analyzer

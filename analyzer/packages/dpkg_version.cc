#include "analyzer/packages/version_order.h"
#include "analyzer/packages/version_text.h"

namespace strata::analyzer {

namespace {

struct DpkgVersion {
  llvm::StringRef epoch, upstream, revision;
};

DpkgVersion parseDpkg(llvm::StringRef text) {
  DpkgVersion version;
  if (text.contains(':')) std::tie(version.epoch, text) = text.split(':');
  std::tie(version.upstream, version.revision) = text.rsplit('-');
  return version;
}

/// Of one character in a part without digits; 0 stands for its end.
int rankOfCharacter(llvm::StringRef text) {
  if (text.empty()) return 0;
  if (text[0] == '~') return -1;
  return llvm::isAlpha(text[0]) ? uint8_t(text[0]) : uint8_t(text[0]) + 256;
}

/// By turns a part without digits and one of digits alone.
std::strong_ordering compareParts(llvm::StringRef a, llvm::StringRef b) {
  auto isText = [](llvm::StringRef rest) { return !rest.empty() && !llvm::isDigit(rest[0]); };
  while (!a.empty() || !b.empty()) {
    while (isText(a) || isText(b)) {
      int left = isText(a) ? rankOfCharacter(a) : 0, right = isText(b) ? rankOfCharacter(b) : 0;
      if (left != right) return left <=> right;
      a = a.drop_front();
      b = b.drop_front();
    }
    llvm::StringRef left = takeDigits(a), right = takeDigits(b);
    if (auto order = compareNumbers(left, right); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace

std::strong_ordering compareDpkgVersions(llvm::StringRef a, llvm::StringRef b) {
  DpkgVersion left = parseDpkg(a), right = parseDpkg(b);
  if (auto order = compareNumbers(left.epoch, right.epoch); order != 0) return order;
  if (auto order = compareParts(left.upstream, right.upstream); order != 0) return order;
  return compareParts(left.revision, right.revision);
}

}  // namespace strata::analyzer

#include "analyzer/packages/version_order.h"
#include "analyzer/packages/version_text.h"

namespace strata::analyzer {

namespace {

struct Version {
  llvm::StringRef epoch, upstream, revision;
};

Version parsed(llvm::StringRef text) {
  Version version;
  if (text.contains(':')) std::tie(version.epoch, text) = text.split(':');
  std::tie(version.upstream, version.revision) = text.rsplit('-');
  return version;
}

/// Of one character in a part without digits; 0 stands for its end.
int rankOf(llvm::StringRef text) {
  if (text.empty()) return 0;
  if (text[0] == '~') return -1;
  return llvm::isAlpha(text[0]) ? uint8_t(text[0]) : uint8_t(text[0]) + 256;
}

/// By turns a part without digits and one of digits alone.
std::strong_ordering compareParts(llvm::StringRef a, llvm::StringRef b) {
  auto isText = [](llvm::StringRef rest) { return !rest.empty() && !llvm::isDigit(rest[0]); };
  while (!a.empty() || !b.empty()) {
    while (isText(a) || isText(b)) {
      int left = isText(a) ? rankOf(a) : 0, right = isText(b) ? rankOf(b) : 0;
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
  Version left = parsed(a), right = parsed(b);
  if (auto order = compareNumbers(left.epoch, right.epoch); order != 0) return order;
  if (auto order = compareParts(left.upstream, right.upstream); order != 0) return order;
  return compareParts(left.revision, right.revision);
}

}  // namespace strata::analyzer

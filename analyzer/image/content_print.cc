#include "analyzer/image/content_print.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>

namespace strata::analyzer {

llvm::Expected<Fingerprint> fingerprintOf(ByteSource& content, uint64_t limit) {
  static thread_local std::vector<char> buffer(kCopyBuffer);
  Fingerprinter print;
  while (limit > 0) {
    auto got = content.read(buffer.data(), size_t(std::min<uint64_t>(limit, buffer.size())));
    if (!got) return got.takeError();
    if (*got == 0) break;
    print.update({buffer.data(), *got});
    limit -= *got;
  }
  return print.finish();
}

void ContentPrints::put(ImageTree::ChangeId change, const Fingerprint& print) {
  // A path that comes again in one tar is one change with the content that came last.
  if (!prints_.empty() && prints_.back().change >= change) {
    auto place = llvm::lower_bound(prints_, change, [](const Entry& a, uint32_t b) { return a.change < b; });
    if (place != prints_.end() && place->change == change)
      place->print = print;
    else
      prints_.insert(place, {print, change});
    return;
  }
  prints_.push_back({print, change});
}

std::optional<Fingerprint> ContentPrints::find(ImageTree::ChangeId change) const {
  auto place = llvm::lower_bound(prints_, change, [](const Entry& a, uint32_t b) { return a.change < b; });
  if (place == prints_.end() || place->change != change) return std::nullopt;
  return place->print;
}

}  // namespace strata::analyzer

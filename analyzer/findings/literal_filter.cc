#include "analyzer/findings/literal_filter.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Endian.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace strata::analyzer {

namespace {
constexpr size_t kWindow = 4;

uint32_t windowAt(const char* bytes) { return llvm::support::endian::read32le(bytes); }

/// Of the last bytes of a text, with zeros behind them.
uint32_t lastWindow(llvm::StringRef rest) {
  char bytes[kWindow] = {};
  std::memcpy(bytes, rest.data(), std::min(rest.size(), kWindow));
  return windowAt(bytes);
}
}  // namespace

LiteralFilter::LiteralFilter(llvm::ArrayRef<llvm::StringRef> literals) : literals_(literals.begin(), literals.end()) {
  for (size_t number = 0; number < literals_.size(); ++number) {
    llvm::StringRef literal = literals_[number];
    assert(literal.size() >= kWindow - 1);
    if (literal.size() >= kWindow) {
      add(windowAt(literal.data()), uint32_t(number));
      continue;
    }
    uint32_t beginning = lastWindow(literal);
    for (uint32_t last = 0; last < 256; ++last) add(beginning | last << 24, uint32_t(number));
  }
  llvm::stable_sort(entries_, [](const Entry& a, const Entry& b) { return a.window < b.window; });
}

void LiteralFilter::add(uint32_t window, uint32_t literal) {
  entries_.push_back({window, literal});
  uint32_t hash = hashOf(window);
  bits_[hash / 64] |= uint64_t(1) << (hash % 64);
}

size_t LiteralFilter::visitAt(llvm::StringRef text, size_t position, uint32_t window, Visitor visit) const {
  size_t next = position + 1;
  auto entry = llvm::partition_point(entries_, [&](const Entry& known) { return known.window < window; });
  for (; entry != entries_.end() && entry->window == window; ++entry)
    if (text.substr(position).starts_with(literals_[entry->literal]))
      next = std::max(next, visit(position, entry->literal));
  return next;
}

void LiteralFilter::find(llvm::StringRef text, size_t from, size_t to, Visitor visit) const {
  to = std::min(to, text.size());
  size_t position = from, whole = text.size() < kWindow ? 0 : std::min(to, text.size() - kWindow + 1);
  while (position < whole) {
    uint32_t window = windowAt(text.data() + position);
    position = mayBegin(window) ? visitAt(text, position, window, visit) : position + 1;
  }
  while (position < to) {
    uint32_t window = lastWindow(text.substr(position));
    position = mayBegin(window) ? visitAt(text, position, window, visit) : position + 1;
  }
}

}  // namespace strata::analyzer

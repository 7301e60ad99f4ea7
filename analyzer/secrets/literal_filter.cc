#include "analyzer/secrets/literal_filter.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Endian.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

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
    add(beginning, uint32_t(number));
    for (uint32_t last = ' '; last <= '~'; ++last) add(beginning | last << 24, uint32_t(number));
  }
  llvm::stable_sort(entries_, [](const Entry& a, const Entry& b) { return bucketOf(a.window) < bucketOf(b.window); });
  for (const Entry& entry : entries_) ++first_[bucketOf(entry.window) + 1];
  for (size_t bucket = 1; bucket < first_.size(); ++bucket) first_[bucket] += first_[bucket - 1];
}

void LiteralFilter::add(uint32_t window, uint32_t literal) {
  entries_.push_back({window, literal});
  uint32_t hash = hashOf(window);
  bits_[hash / 64] |= uint64_t(1) << (hash % 64);
}

/// A bit for each position of a block. Without branches between, a processor looks up several at a time.
uint32_t LiteralFilter::hitsIn(const char* block) const {
  return [&]<size_t... At>(std::index_sequence<At...>) {
    return ((uint32_t(mayBegin(windowAt(block + At))) << At) | ...);
  }
  (std::make_index_sequence<kBlock>());
}

size_t LiteralFilter::visitAt(llvm::StringRef text, size_t position, uint32_t window, Visitor visit) const {
  size_t next = position + 1;
  uint32_t bucket = bucketOf(window);
  for (size_t at = first_[bucket]; at < first_[bucket + 1]; ++at)
    if (entries_[at].window == window && text.substr(position).starts_with(literals_[entries_[at].literal]))
      next = std::max(next, visit(position, entries_[at].literal));
  return next;
}

void LiteralFilter::find(llvm::StringRef text, size_t from, size_t to, Visitor visit) const {
  to = std::min(to, text.size());
  size_t position = from, whole = text.size() < kWindow ? 0 : std::min(to, text.size() - kWindow + 1);
  while (position + kBlock <= whole) {
    size_t end = position + kBlock;
    for (uint32_t hits = hitsIn(text.data() + position); hits != 0; hits &= hits - 1) {
      size_t at = end - kBlock + size_t(std::countr_zero(hits));
      if (at >= position) position = visitAt(text, at, windowAt(text.data() + at), visit);
    }
    position = std::max(position, end);
  }
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

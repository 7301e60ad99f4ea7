#pragma once
/// \file Where in a text any of many literals stands, in one pass: one look-up a byte into a table that the first level
/// of the processor's cache holds, whatever the number of literals.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>

#include <array>
#include <cstdint>
#include <vector>

namespace strata::analyzer {

/// Immutable: any thread.
class LiteralFilter {
public:
  /// Literals of 3 bytes and more, which must outlive the filter. One of 3 bytes is found where a printable character
  /// or nothing follows.
  explicit LiteralFilter(llvm::ArrayRef<llvm::StringRef> literals);

  /// Calls with position and number of every literal that begins in [from, to), in order of position; several may begin
  /// at one. What it gives back is where to go on, behind the position; at least `to` ends the search. Literals whose
  /// last bytes lie within the last 3 bytes of the text are found, too.
  using Visitor = llvm::function_ref<size_t(size_t position, size_t literal)>;
  void find(llvm::StringRef text, size_t from, size_t to, Visitor visit) const;

private:
  static constexpr unsigned kBits = 16;
  static constexpr unsigned kBucketBits = 12;
  struct Entry {
    uint32_t window;  ///< the first four bytes, little endian
    uint32_t literal;
  };
  static uint32_t hashOf(uint32_t window) { return (window * 0x9E3779B1u) >> (32 - kBits); }
  static uint32_t bucketOf(uint32_t window) { return hashOf(window) >> (kBits - kBucketBits); }
  void add(uint32_t window, uint32_t literal);
  bool mayBegin(uint32_t window) const {
    uint32_t hash = hashOf(window);
    return (bits_[hash / 64] >> (hash % 64)) & 1;
  }
  static constexpr size_t kBlock = 8;
  uint32_t hitsIn(const char* block) const;
  size_t visitAt(llvm::StringRef text, size_t position, uint32_t window, Visitor visit) const;

  std::vector<llvm::StringRef> literals_;
  std::vector<Entry> entries_;                             ///< by bucket, then by literal
  std::array<uint16_t, (1u << kBucketBits) + 1> first_{};  ///< of each bucket
  std::array<uint64_t, (1u << kBits) / 64> bits_{};
};

}  // namespace strata::analyzer

#pragma once
/// \file A stream cut into chunks where its content says so: a change cuts anew what it touches and no more, so that
/// chunks before and behind it are the same as before. A gear hash over the last 64 bytes decides, with a harder test
/// below the mean length than above it, which keeps lengths near the mean (as FastCDC does).

#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>

namespace strata::builder {

class Chunker : public ByteSink {
public:
  /// Lengths in bytes. Every chunk but the last is at least kLeast and none is more than kMost.
  static constexpr size_t kLeast = 16 << 10, kMean = 64 << 10, kMost = 256 << 10;

  using Take = llvm::function_ref<llvm::Error(llvm::StringRef chunk)>;
  /// `take` is borrowed, and called from within write() and finish().
  explicit Chunker(Take take) : take_(take) {}
  llvm::Error write(llvm::StringRef bytes) override;
  /// Hands over what is left.
  [[nodiscard]] llvm::Error finish();

private:
  Take take_;
  std::string chunk_;
  uint64_t hash_ = 0;
};

}  // namespace strata::builder

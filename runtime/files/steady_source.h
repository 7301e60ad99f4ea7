#pragma once
/// \file The content of a file that is written to while it is read, for archives, which say its size before.

#include "support/bytes.h"

#include <algorithm>
#include <cstdint>

namespace strata::runtime {

/// Exactly `size` bytes: what a file has grown by is left out, what it has lost is zeros.
class SteadySource : public ByteSource {
public:
  SteadySource(ByteSource& source, uint64_t size) : source_(source), rest_(size) {}  ///< borrows

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    size = size_t(std::min<uint64_t>(size, rest_));
    if (size == 0) return 0;
    auto got = source_.read(buffer, size);
    if (!got) return got;
    if (*got == 0) {
      std::fill_n(buffer, size, '\0');
      *got = size;
    }
    rest_ -= *got;
    return got;
  }

private:
  ByteSource& source_;
  uint64_t rest_;
};

}  // namespace strata::runtime

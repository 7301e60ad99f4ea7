#pragma once
/// \file Byte streams to be compressed, hashed and torn, and what they cost in memory.

#include "support/bytes.h"
#include "tests/support/testing.h"

#include <malloc.h>

#include <cstdio>
#include <fstream>

namespace strata::layerfs::testing {
using namespace ::strata::testing;

/// The same on every machine.
class Random {
public:
  uint64_t next() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return state_;
  }

private:
  uint64_t state_ = 88172645463325252ull;
};

/// What no compressor makes smaller.
inline std::string noise(size_t size) {
  Random random;
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = char(random.next() >> 32);
  return bytes;
}

/// Text that compresses, with stretches that do not.
inline std::string mixedBytes(size_t size) {
  Random random;
  std::string bytes;
  while (bytes.size() < size) {
    uint64_t number = random.next();
    if (number % 3 == 0)
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    else
      bytes += "usr/share/doc/" + std::to_string(number % 1000) + "/copyright\n";
  }
  bytes.resize(size);
  return bytes;
}

/// Gives a few bytes at a time, however many are asked for.
class DrippingSource : public ByteSource {
public:
  DrippingSource(llvm::StringRef bytes, size_t most) : source_(bytes), most_(most) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    return source_.read(buffer, std::min(size, most_));
  }

private:
  StringSource source_;
  size_t most_;
};

/// How far the memory in use rises above what it is now.
class PeakMemory {
public:
  PeakMemory() {
    ::malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // forgets the peak there was
    before_ = bytesOf("VmRSS:");
  }
  uint64_t grownBy() const {
    uint64_t peak = bytesOf("VmHWM:");
    return peak > before_ ? peak - before_ : 0;
  }

private:
  static uint64_t bytesOf(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (llvm::StringRef(line).starts_with(field)) return std::stoull(line.substr(field.size())) * 1024;
    ADD_FAILURE() << "/proc/self/status has no " << field;
    return 0;
  }
  uint64_t before_ = 0;
};

}  // namespace strata::layerfs::testing

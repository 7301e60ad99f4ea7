#include "builder/remote/chunker.h"

#include <array>

namespace strata::builder {

namespace {
/// 256 numbers that look like chance (splitmix64): part of the format, since they decide where chunks end.
constexpr std::array<uint64_t, 256> makeGear() {
  std::array<uint64_t, 256> gear{};
  uint64_t state = 0x9e3779b97f4a7c15;
  for (uint64_t& value : gear) {
    state += 0x9e3779b97f4a7c15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    value = z ^ (z >> 31);
  }
  return gear;
}
constexpr std::array<uint64_t, 256> kGear = makeGear();

/// The upper bits depend on the most bytes. 18 and 14 of them: a quarter as likely as the mean wants, and four times.
constexpr uint64_t kHard = ~uint64_t(0) << 46, kEasy = ~uint64_t(0) << 50;
static_assert(Chunker::kMean == size_t(1) << 16);
}  // namespace

llvm::Error Chunker::write(llvm::StringRef bytes) {
  while (!bytes.empty()) {
    size_t taken = 0;
    bool ends = false;
    if (chunk_.size() + 64 < kLeast) {  // nothing can end here; the last 64 bytes make the hash
      taken = std::min(bytes.size(), kLeast - 64 - chunk_.size());
    } else {
      size_t length = chunk_.size();
      while (taken < bytes.size() && !ends) {
        hash_ = (hash_ << 1) + kGear[uint8_t(bytes[taken++])];
        ++length;
        ends = length >= kMost || (length >= kLeast && !(hash_ & (length < kMean ? kHard : kEasy)));
      }
    }
    chunk_.append(bytes.data(), taken);
    bytes = bytes.drop_front(taken);
    if (!ends) continue;
    if (auto error = finish()) return error;
  }
  return llvm::Error::success();
}

llvm::Error Chunker::finish() {
  hash_ = 0;
  if (chunk_.empty()) return llvm::Error::success();
  auto error = take_(chunk_);
  chunk_.clear();
  return error;
}

}  // namespace strata::builder

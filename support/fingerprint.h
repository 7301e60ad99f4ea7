#pragma once
/// \file Fast fingerprints (XXH3) for comparing in memory and for finding damage. Never an identity that is stored or
/// sent: for that there is Digest. This is the one door to xxHash.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <compare>
#include <cstdint>
#include <memory>

namespace strata {

/// 128 bits: equal for equal bytes, and for others only by malice.
struct Fingerprint {
  uint64_t high = 0, low = 0;
  auto operator<=>(const Fingerprint&) const = default;
};

/// Of bytes that come in pieces; may be used again after finish().
class Fingerprinter {
public:
  Fingerprinter();
  ~Fingerprinter();
  void update(llvm::StringRef bytes);
  Fingerprint finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 bits of the same family.
uint64_t checksumOf(llvm::StringRef bytes);
/// Of these one behind the other.
uint64_t checksumOf(llvm::ArrayRef<llvm::StringRef> pieces);

}  // namespace strata

#include "support/digest.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

// The digest's own functions are called deprecated in favour of EVP, whose first call reads openssl.cnf and lists every
// algorithm that there is: 5 million instructions, a third of what `strata run` computes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cassert>

namespace strata {

llvm::Expected<Digest> Digest::parse(llvm::StringRef text) {
  auto [algorithm, hex] = text.split(':');
  if (algorithm != "sha256" && !hex.empty())
    return fault(FaultKind::Unsupported, "digest '" + text + "': algorithm '" + algorithm + "' is not supported");
  if (algorithm != "sha256")
    return fault(FaultKind::Invalid, "'" + text + "' is not a digest (sha256:<64 hex digits>)");
  return parseHex(hex);
}

llvm::Expected<Digest> Digest::parseHex(llvm::StringRef hex) {
  std::array<uint8_t, kSize> bytes{};
  bool good =
      hex.size() == 2 * kSize && hex.find_if([](char c) { return c >= 'A' && c <= 'F'; }) == llvm::StringRef::npos;
  for (size_t i = 0; good && i < kSize; ++i) {
    unsigned high = llvm::hexDigitValue(hex[2 * i]), low = llvm::hexDigitValue(hex[2 * i + 1]);
    good = high < 16 && low < 16;
    bytes[i] = uint8_t(high << 4 | low);
  }
  if (!good) return fault(FaultKind::Invalid, "'" + hex + "' is not a sha256 digest (64 lower-case hex digits)");
  return Digest(bytes);
}

std::string Digest::hex() const { return llvm::toHex(bytes_, /*LowerCase=*/true); }
std::string Digest::str() const { return "sha256:" + hex(); }

struct Hasher::Context {
  SHA256_CTX sha;
  Context() { SHA256_Init(&sha); }
};

Hasher::Hasher() : context_(std::make_unique<Context>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

Hasher::Hasher(const State& state) : Hasher() {
  SHA256_CTX& sha = context_->sha;
  llvm::copy(state.words, sha.h);
  sha.Nl = uint32_t(state.bytes << 3);  // counts bits
  sha.Nh = uint32_t(state.bytes >> 29);
}

Hasher::State Hasher::state() const {
  const SHA256_CTX& sha = context_->sha;
  assert(sha.num == 0 && "in the middle of a block");
  State state;
  llvm::copy(sha.h, state.words.begin());
  state.bytes = (uint64_t(sha.Nh) << 29) | (sha.Nl >> 3);
  return state;
}

Hasher& Hasher::update(llvm::StringRef bytes) {
  SHA256_Update(&context_->sha, bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::number(uint64_t value) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = char(value >> (8 * i));
  return update({bytes, 8});
}

Hasher& Hasher::field(llvm::StringRef bytes) { return number(bytes.size()).update(bytes); }

Digest Hasher::finish() {
  std::array<uint8_t, Digest::kSize> bytes{};
  SHA256_Final(bytes.data(), &context_->sha);
  return Digest(bytes);
}

Digest digestOf(llvm::StringRef bytes) { return Hasher().update(bytes).finish(); }

}  // namespace strata

#include "support/digest.h"

#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>
#include <openssl/evp.h>

namespace strata {

llvm::Expected<Digest> Digest::parse(llvm::StringRef text) {
  auto [algorithm, hex] = text.split(':');
  if (algorithm != "sha256" && !hex.empty())
    return fault(FaultKind::Unsupported, "digest '" + text + "': algorithm '" + algorithm + "' is not supported");
  if (algorithm != "sha256") return fault(FaultKind::Invalid, "'" + text + "' is not a digest (sha256:<64 hex digits>)");
  return parseHex(hex);
}

llvm::Expected<Digest> Digest::parseHex(llvm::StringRef hex) {
  std::array<uint8_t, kSize> bytes{};
  bool good = hex.size() == 2 * kSize && hex.find_if([](char c) { return c >= 'A' && c <= 'F'; }) == llvm::StringRef::npos;
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

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

Hasher& Hasher::update(llvm::StringRef bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
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
  EVP_DigestFinal_ex(state_->context, bytes.data(), nullptr);
  return Digest(bytes);
}

Digest digestOf(llvm::StringRef bytes) { return Hasher().update(bytes).finish(); }

}  // namespace strata

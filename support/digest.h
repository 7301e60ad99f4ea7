#pragma once
/// \file SHA-256 digests: the only hash that strata stores or sends. Source: OCI image-spec v1.1, descriptor.md,
/// Digests.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>

namespace strata {

/// A SHA-256 digest as a value. Default-constructed it is all zeros, which no content has ("none").
class Digest {
public:
  static constexpr size_t kSize = 32;
  Digest() = default;
  explicit Digest(std::array<uint8_t, kSize> bytes) : bytes_(bytes) {}

  /// Reads "sha256:" and 64 lower-case hex digits, nothing else. Faults: Invalid; Unsupported for another algorithm.
  static llvm::Expected<Digest> parse(llvm::StringRef text);
  /// The same from the 64 hex digits alone.
  static llvm::Expected<Digest> parseHex(llvm::StringRef hex);

  std::string str() const;  ///< "sha256:<hex>"
  std::string hex() const;  ///< 64 hex digits
  std::string shortHex() const { return hex().substr(0, 12); }
  const std::array<uint8_t, kSize>& bytes() const { return bytes_; }
  llvm::StringRef raw() const { return {reinterpret_cast<const char*>(bytes_.data()), kSize}; }
  explicit operator bool() const { return *this != Digest(); }

  auto operator<=>(const Digest&) const = default;

private:
  std::array<uint8_t, kSize> bytes_{};
};

/// Incremental SHA-256. finish() ends it; a finished hasher may not be updated.
class Hasher {
public:
  /// All that hashing so far has come to, after a number of bytes that is a multiple of 64.
  struct State {
    std::array<uint32_t, 8> words;
    uint64_t bytes = 0;
  };
  Hasher();
  explicit Hasher(const State& state);  ///< goes on from there
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  Hasher& update(llvm::StringRef bytes);
  /// A length-prefixed field (8 bytes little-endian, then the bytes): two lists of fields never collide.
  Hasher& field(llvm::StringRef bytes);
  Hasher& number(uint64_t value);
  State state() const;
  Digest finish();

private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// The digest of these bytes.
Digest digestOf(llvm::StringRef bytes);

/// Hashes a Digest for unordered containers.
struct DigestHash {
  size_t operator()(const Digest& digest) const {
    size_t value;
    __builtin_memcpy(&value, digest.bytes().data(), sizeof value);
    return value;
  }
};

}  // namespace strata

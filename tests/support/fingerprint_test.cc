#include "support/fingerprint.h"

#include "tests/support/testing.h"

namespace strata {
namespace {

Fingerprint inPieces(llvm::StringRef bytes, size_t size) {
  Fingerprinter hash;
  for (; !bytes.empty(); bytes = bytes.drop_front(std::min(size, bytes.size()))) hash.update(bytes.take_front(size));
  return hash.finish();
}

TEST(FingerprintTest, IsTheSameInPiecesOfAnySize) {
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += char(i * 7);
  Fingerprint whole = inPieces(bytes, bytes.size());
  EXPECT_EQ(inPieces(bytes, 1), whole);
  EXPECT_EQ(inPieces(bytes, 333), whole);
  bytes.back() ^= 1;
  EXPECT_NE(inPieces(bytes, 333), whole);
}

// The values that xxHash publishes for no bytes, and so on every machine.
TEST(FingerprintTest, OfNothingIsWhatXxHashSays) {
  Fingerprinter hash;
  Fingerprint none{.high = 0x99aa06d3014798d8, .low = 0x6001c324468d497f};
  EXPECT_EQ(hash.finish(), none);
  hash.update("something");
  EXPECT_NE(hash.finish(), none);
  EXPECT_EQ(hash.finish(), none);
  EXPECT_EQ(checksumOf(""), 0x2d06800538d394c2u);
}

TEST(FingerprintTest, PiecesHaveTheChecksumOfTheWhole) {
  std::string whole;
  for (int i = 0; i < 1000; ++i) whole += std::to_string(i);
  llvm::StringRef text = whole;
  EXPECT_EQ(checksumOf({text.take_front(7), text.substr(7, 1000), "", text.drop_front(1007)}), checksumOf(text));
}

}  // namespace
}  // namespace strata

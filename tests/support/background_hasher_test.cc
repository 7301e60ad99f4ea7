#include "support/background_hasher.h"

#include "support/bytes.h"
#include "tests/support/testing.h"

#include <oneapi/tbb/parallel_for.h>

namespace strata::testing {
namespace {

std::string noise(size_t size) {
  std::string bytes(size, '\0');
  uint64_t state = 88172645463325252ull;
  for (char& byte : bytes) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    byte = char(state);
  }
  return bytes;
}

Digest inPieces(llvm::StringRef bytes, size_t size) {
  BackgroundHasher hasher;
  for (; !bytes.empty(); bytes = bytes.drop_front(std::min(size, bytes.size()))) hasher.update(bytes.take_front(size));
  return hasher.finish();
}

TEST(BackgroundHasher, GivesTheSameDigestHoweverTheBytesCome) {
  std::string bytes = noise(5'000'000);
  for (size_t length : {size_t(0), size_t(1), size_t(256 * 1024 - 1), size_t(256 * 1024), size_t(256 * 1024 + 1),
                        size_t(5 * 256 * 1024), bytes.size()}) {
    llvm::StringRef part = llvm::StringRef(bytes).take_front(length);
    for (size_t size : {size_t(4097), size_t(256 * 1024), size_t(10'000'000)})
      EXPECT_EQ(inPieces(part, size), digestOf(part)) << length << " by " << size;
  }
}

TEST(BackgroundHasher, NeverWaitsForAThreadWhereAllAreTaken) {
  std::string bytes = noise(3'000'000);
  Digest expected = digestOf(bytes);
  std::atomic<int> right = 0;
  oneapi::tbb::parallel_for(0, 64, [&](int) { right += inPieces(bytes, 100'000) == expected; });
  EXPECT_EQ(right, 64);
}

TEST(BackgroundHasher, MayGoUnfinished) {
  std::string bytes = noise(2'000'000);
  for (int i = 0; i < 50; ++i) BackgroundHasher().update(bytes);
}

TEST(HashingSource, TellsWhatPassed) {
  std::string bytes = noise(1'000'000);
  StringSource source(bytes);
  HashingSource hashing(source);
  EXPECT_EQ(must(readAll(hashing, 400'000'000)), bytes);
  EXPECT_EQ(hashing.size(), bytes.size());
  EXPECT_EQ(hashing.finish(), digestOf(bytes));
}

}  // namespace
}  // namespace strata::testing

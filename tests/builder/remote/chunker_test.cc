#include "builder/remote/chunker.h"

#include "tests/support/testing.h"

#include <random>
#include <set>

namespace strata::builder {

namespace {

std::string noise(size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = char(random());
  return bytes;
}

std::vector<std::string> chunksOf(llvm::StringRef bytes, size_t piece = 1 << 16) {
  std::vector<std::string> chunks;
  auto take = [&](llvm::StringRef chunk) {
    chunks.push_back(chunk.str());
    return llvm::Error::success();
  };
  Chunker chunker(take);
  for (; !bytes.empty(); bytes = bytes.drop_front(std::min(piece, bytes.size())))
    testing::must(chunker.write(bytes.take_front(piece)));
  testing::must(chunker.finish());
  return chunks;
}

TEST(Chunker, ChunksTogetherAreTheStream) {
  std::string bytes = noise(20 << 20, 1), joined;
  std::vector<std::string> chunks = chunksOf(bytes);
  for (const std::string& chunk : chunks) joined += chunk;
  EXPECT_EQ(joined == bytes, true);
  EXPECT_GT(chunks.size(), 160u);
  EXPECT_LT(chunks.size(), 640u);
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_GE(chunks[i].size(), Chunker::kLeast);
    EXPECT_LE(chunks[i].size(), Chunker::kMost);
  }
}

TEST(Chunker, HowTheBytesComeDoesNotMatter) {
  std::string bytes = noise(3 << 20, 2);
  EXPECT_EQ(chunksOf(bytes, 1), chunksOf(bytes, bytes.size()));
  EXPECT_EQ(chunksOf(bytes, 777), chunksOf(bytes));
}

TEST(Chunker, AnInsertionChangesWhatItTouches) {
  std::string bytes = noise(32 << 20, 3), changed = bytes;
  changed.insert(16 << 20, "some more bytes in the middle");
  std::vector<std::string> before = chunksOf(bytes), after = chunksOf(changed);
  std::set<std::string> known(before.begin(), before.end());
  size_t fresh = 0;
  for (const std::string& chunk : after) fresh += !known.count(chunk);
  EXPECT_LE(fresh, 3u) << "of " << after.size();
}

TEST(Chunker, ZerosAreCutAtTheMost) {
  for (const std::string& chunk : chunksOf(std::string(4 << 20, '\0'))) EXPECT_EQ(chunk.size(), Chunker::kMost);
}

}  // namespace

}  // namespace strata::builder

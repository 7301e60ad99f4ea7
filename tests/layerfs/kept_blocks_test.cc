#include "layerfs/kept_blocks.h"

#include "layerfs/compression.h"
#include "support/files.h"
#include "tests/layerfs/streams.h"

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

namespace strata::layerfs::testing {
namespace {

class KeptBlocksTest : public ::testing::TestWithParam<CompressionChoice> {
protected:
  /// Compressed beside what `directory` keeps (empty: alone), and how much of it was not asked for.
  std::pair<std::string, uint64_t> compress(llvm::StringRef bytes, const std::string& directory,
                                            std::optional<CompressionChoice> choice = {}) {
    StringSink sink;
    auto compressor = makeCompressor(choice.value_or(GetParam()), sink, 0, directory);
    uint64_t kept = must(compressor->takeKept());
    must(compressor->write(bytes.drop_front(kept)));
    must(compressor->finish());
    return {std::move(sink.text), kept};
  }
  void expectSame(llvm::StringRef bytes, const std::string& directory, uint64_t wantedKept) {
    auto [made, kept] = compress(bytes, directory);
    EXPECT_EQ(kept, wantedKept);
    EXPECT_TRUE(made == compress(bytes, "").first);
  }
  size_t filesIn(const std::string& directory) {
    return std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator());
  }

  static constexpr uint64_t kGroup = KeptBlocks::kGroup;
  TempDir directory_ = makeTempDir();
  std::string kept_ = directory_.path() + "/compressed";
  std::string sample_ = mixedBytes(3 * kGroup + 1000);
};

TEST_P(KeptBlocksTest, WhatIsKeptGivesTheSameStream) {
  expectSame(sample_, kept_, 0);
  EXPECT_EQ(filesIn(kept_), 3u);
  expectSame(sample_, kept_, 3 * kGroup);
  for (uint64_t size : {3 * kGroup, 3 * kGroup + 1}) {
    std::string other = directory_.path() + "/" + std::to_string(size);
    expectSame(llvm::StringRef(sample_).take_front(size), other, 0);
    expectSame(llvm::StringRef(sample_).take_front(size), other, 3 * kGroup);
  }
}

TEST_P(KeptBlocksTest, WhoDoesNotTakeItWritesItAll) {
  compress(sample_, kept_);
  StringSink sink;
  auto compressor = makeCompressor(GetParam(), sink, 0, kept_);
  must(compressor->write(sample_));
  must(compressor->finish());
  EXPECT_TRUE(sink.text == compress(sample_, "").first);
  expectSame(sample_, kept_, 3 * kGroup);
}

TEST_P(KeptBlocksTest, ATarThatBeginsAlikeSharesWhatBothHave) {
  compress(sample_, kept_);
  std::string changed = sample_;
  changed[2 * kGroup + 5] ^= 1;
  std::string other = directory_.path() + "/other";
  KeptBlocks::share(kept_, other, 2 * kGroup + 5);
  EXPECT_EQ(filesIn(other), 2u);
  expectSame(changed, other, 2 * kGroup);
  EXPECT_EQ(filesIn(other), 3u);
  expectSame(changed, other, 3 * kGroup);
  expectSame(sample_, kept_, 3 * kGroup);  // it has a third group of its own
  std::string third = directory_.path() + "/third";
  KeptBlocks::share(kept_, third, kGroup - 1);
  EXPECT_FALSE(pathExists(third));
  KeptBlocks::share(directory_.path() + "/none", third, 2 * kGroup);
  EXPECT_FALSE(pathExists(third));
}

TEST_P(KeptBlocksTest, WhatIsDamagedIsCompressedAgain) {
  compress(sample_, kept_);
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(kept_)) files.push_back(file.path());
  std::sort(files.begin(), files.end());
  std::string whole = must(readFile(files[1]));
  for (size_t at : {size_t(0), size_t(9), size_t(17), whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] ^= 1;
    must(writeFileAtomically(files[1], damaged));
    expectSame(sample_, kept_, kGroup);
    EXPECT_TRUE(must(readFile(files[1])) == whole) << at;
  }
  must(writeFileAtomically(files[1], llvm::StringRef(whole).take_front(20)));
  expectSame(sample_, kept_, kGroup);
  must(writeFileAtomically(files[0], ""));
  expectSame(sample_, kept_, 0);
}

TEST_P(KeptBlocksTest, OtherWaysToCompressHaveTheirOwn) {
  compress(sample_, kept_);
  CompressionChoice other{GetParam().kind, GetParam().level == 1 ? 9 : 1};
  EXPECT_EQ(compress(sample_, kept_, other).second, 0u);
  EXPECT_EQ(compress(sample_, kept_, other).second, 3 * kGroup);
  expectSame(sample_, kept_, 3 * kGroup);
}

TEST_P(KeptBlocksTest, WhereNothingCanBeWrittenNothingIsKept) {
  writeFile(kept_, "a file");
  expectSame(sample_, kept_, 0);
  expectSame(sample_, kept_, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Choices, KeptBlocksTest,
    ::testing::Values(CompressionChoice{Compression::Gzip, {}}, CompressionChoice{Compression::Gzip, 1},
                      CompressionChoice{Compression::Zstd, {}}),
    [](const auto& info) {
      return std::string(info.param.kind == Compression::Zstd ? "zstd" : info.param.level ? "gzip1" : "gzip");
    });

TEST(KeptBlocks, NothingIsKeptOfWhatIsNotCompressed) {
  TempDir directory = makeTempDir();
  StringSink sink;
  auto compressor = makeCompressor({Compression::None, {}}, sink, 0, directory.path() + "/compressed");
  EXPECT_EQ(must(compressor->takeKept()), 0u);
  must(compressor->write("text"));
  must(compressor->finish());
  EXPECT_EQ(sink.text, "text");
  EXPECT_FALSE(pathExists(directory.path() + "/compressed"));
}

}  // namespace
}  // namespace strata::layerfs::testing

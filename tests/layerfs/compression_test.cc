#include "layerfs/compression.h"

#include "layerfs/decompression.h"
#include "support/process.h"
#include "tests/layerfs/streams.h"

#include <oneapi/tbb/global_control.h>

#include <filesystem>
#include <set>

namespace strata::layerfs::testing {
namespace {

std::string compressed(llvm::StringRef bytes, CompressionChoice choice, size_t piece, unsigned threads = 0) {
  StringSink sink;
  auto compressor = makeCompressor(choice, sink, threads);
  for (llvm::StringRef rest = bytes; !rest.empty(); rest = rest.drop_front(std::min(piece, rest.size())))
    must(compressor->write(rest.take_front(piece)));
  must(compressor->finish());
  return std::move(sink.text);
}

std::string restored(llvm::StringRef bytes) {
  StringSource source(bytes);
  auto plain = must(decompressed(source));
  return must(readAll(*plain, 64 << 20));
}

/// Longer than every buffer on the way.
std::string sample() { return mixedBytes(9 << 20); }

/// More than there are cores, so that blocks really end out of order.
struct MoreWorkers {
  oneapi::tbb::global_control limit{oneapi::tbb::global_control::max_allowed_parallelism, 16};
};

constexpr size_t kGzipBlock = 1 << 20, kZstdBlock = 4 << 20;

TEST(Compression, ComesBackTheSameFromEveryKindAndLevel) {
  std::string text = mixedBytes(3 << 20);
  for (CompressionChoice choice : {CompressionChoice{Compression::None, {}}, CompressionChoice{Compression::Gzip, {}},
                                   CompressionChoice{Compression::Gzip, 0}, CompressionChoice{Compression::Gzip, 1},
                                   CompressionChoice{Compression::Gzip, 9}, CompressionChoice{Compression::Zstd, {}},
                                   CompressionChoice{Compression::Zstd, 19}}) {
    std::string small = compressed(text, choice, 100'000);
    EXPECT_EQ(restored(small), text);
    EXPECT_EQ(small.size() < text.size(), choice.kind != Compression::None);
  }
}

TEST(Compression, GivesTheSameBytesHoweverTheyCome) {
  std::string text = sample();
  for (Compression kind : {Compression::Gzip, Compression::Zstd})
    EXPECT_EQ(compressed(text, {kind, {}}, 65536), compressed(text, {kind, {}}, 999'983));
}

/// Lengths at the ends of blocks, where a room was asked for and nothing came to fill it.
TEST(Compression, ItsRoomChangesNoByte) {
  std::string text = sample();
  for (Compression kind : {Compression::None, Compression::Gzip, Compression::Zstd})
    for (size_t size : {size_t(0), size_t(1), kGzipBlock, kZstdBlock - 1, kZstdBlock, kZstdBlock + 1, text.size()}) {
      llvm::StringRef bytes = llvm::StringRef(text).take_front(size);
      StringSink sink;
      auto compressor = makeCompressor({kind, {}}, sink);
      HashingSink above(compressor.get());
      EXPECT_EQ(above.room().empty(), kind == Compression::None);
      StringSource source(bytes);
      EXPECT_EQ(must(copyAll(source, above)), size);
      must(compressor->finish());
      EXPECT_EQ(sink.text, compressed(bytes, {kind, {}}, 65536)) << size;
    }
}

TEST(Compression, TakesNothingAtAll) {
  for (Compression kind : {Compression::Gzip, Compression::Zstd})
    EXPECT_EQ(restored(compressed("", {kind, {}}, 1)), "");
}

TEST(Compression, HigherLevelsGiveFewerBytes) {
  std::string text = mixedBytes(1 << 20);
  EXPECT_LT(compressed(text, {Compression::Gzip, 9}, 65536).size(),
            compressed(text, {Compression::Gzip, 0}, 65536).size());
  EXPECT_LT(compressed(text, {Compression::Zstd, 19}, 65536).size(),
            compressed(text, {Compression::Zstd, 1}, 65536).size());
}

TEST(Compression, TheNumberOfThreadsChangesNoByte) {
  MoreWorkers workers;
  std::string text = sample();
  for (CompressionChoice choice : {CompressionChoice{Compression::Gzip, 0}, CompressionChoice{Compression::Gzip, 6},
                                   CompressionChoice{Compression::Zstd, 1}, CompressionChoice{Compression::Zstd, 7}}) {
    std::string alone = compressed(text, choice, 300'001, 1);
    for (unsigned threads : {2, 8, 16, 0})
      for (int round = 0; round < 2; ++round)
        EXPECT_TRUE(compressed(text, choice, 300'001, threads) == alone) << threads;
  }
}

TEST(Compression, BlocksEndAnywhere) {
  std::string text = mixedBytes(2 * kZstdBlock + 1);
  for (auto [kind, block] : {std::pair(Compression::Gzip, kGzipBlock), std::pair(Compression::Zstd, kZstdBlock)})
    for (size_t size : {size_t(0), size_t(1), block - 1, block, block + 1, 2 * block - 1, 2 * block, 2 * block + 1}) {
      llvm::StringRef part = llvm::StringRef(text).take_front(size);
      std::string small = compressed(part, {kind, 1}, 1 << 20);
      EXPECT_TRUE(restored(small) == part) << size;
      EXPECT_TRUE(compressed(part, {kind, 1}, 777'777, 1) == small) << size;
    }
}

TEST(Compression, WhatDoesNotShrinkGrowsByLittle) {
  std::string bytes = noise(5 << 20);
  for (CompressionChoice choice : {CompressionChoice{Compression::Gzip, 0}, CompressionChoice{Compression::Gzip, 1},
                                   CompressionChoice{Compression::Gzip, 9}, CompressionChoice{Compression::Zstd, 3}}) {
    std::string stored = compressed(bytes, choice, 1 << 20);
    EXPECT_LT(stored.size(), bytes.size() + bytes.size() / 1000);
    EXPECT_TRUE(restored(stored) == bytes);
  }
}

TEST(Compression, LevelsBeyondTheEndsAreTheEnds) {
  std::string text = mixedBytes(100'000);
  EXPECT_EQ(compressed(text, {Compression::Gzip, 100}, 65536), compressed(text, {Compression::Gzip, 4}, 65536));
  EXPECT_EQ(compressed(text, {Compression::Gzip, -5}, 65536), compressed(text, {Compression::Gzip, 0}, 65536));
  EXPECT_EQ(compressed(text, {Compression::Zstd, 100}, 65536), compressed(text, {Compression::Zstd, 22}, 65536));
  EXPECT_EQ(compressed(text, {Compression::Zstd, -5}, 65536), compressed(text, {Compression::Zstd, 1}, 65536));
}

/// gzip gives one member: what reads only the first reads all.
TEST(Compression, OtherProgramsReadIt) {
  TempDir directory = makeTempDir();
  std::string text = sample();
  for (auto [kind, program] : {std::pair(Compression::Gzip, "gzip"), std::pair(Compression::Zstd, "zstd")}) {
    writeFile(directory.path() + "/packed", compressed(text, {kind, {}}, 1 << 20));
    auto result = must(runProcess(
        {.argv = {"sh", "-c", std::string(program) + " -dc < packed > plain"}, .directory = directory.path()}));
    EXPECT_EQ(result.exitCode, 0) << result.errors;
    EXPECT_TRUE(must(readFile(directory.path() + "/plain")) == text);
  }
  writeFile(directory.path() + "/packed", compressed(text, {Compression::Gzip, {}}, 1 << 20));
  std::string script =
      "import sys,zlib,hashlib\nd=zlib.decompressobj(31)\np=d.decompress(open('packed','rb').read())\n"
      "assert d.eof and not d.unused_data\nprint(hashlib.sha256(p).hexdigest())";
  auto result = must(runProcess({.argv = {"python3", "-c", script}, .directory = directory.path()}));
  EXPECT_EQ(llvm::StringRef(result.output).trim(), digestOf(text).hex()) << result.errors;
}

/// ISA-L reads fields that it does not set.
TEST(Compression, WhatLayInMemoryBeforeChangesNoByte) {
  std::string text = mixedBytes(300'000);
  for (int level : {0, 1, 9}) {
    std::set<std::string> seen;
    for (char filling : {0, 1, 9, 12})
      for (size_t size = 40'000; size < 1'200'000; size += 20'000) {
        ::malloc_trim(0);
        { std::string dirt(size, filling); }
        seen.insert(compressed(text, {Compression::Gzip, level}, 1 << 20, 1));
      }
    EXPECT_EQ(seen.size(), 1u) << "level " << level;
  }
}

/// ISA-L looked up the third byte by the address of its state: once in thousands of blocks, with other bytes for it.
TEST(Compression, WhereItLiesInMemoryChangesNoByte) {
  std::vector<std::string> blocks = {"0123456789abcdef_ab_123456_012345_234567_end_of_it",
                                     "aaaa_bbbb_aaaa_abbb_aaab_bbbb_aaaa_aaa_bbb_aa_bb_a"};
  std::vector<std::unique_ptr<char[]>> taken;  // what is freed comes back at the same address
  for (const std::string& block : blocks)
    for (int level : {0, 1, 6}) {
      std::set<std::string> all;
      for (size_t i = 0; i < 400; ++i) {
        all.insert(compressed(block, {Compression::Gzip, level}, block.size(), 1));
        for (size_t filled = 0; filled < 4; ++filled) taken.push_back(std::make_unique<char[]>(100'000));
      }
      EXPECT_EQ(all.size(), 1u) << block << " at level " << level;
    }
}

/// Runs itself on other processors: the first has no AVX, the last all that the libraries look for.
TEST(Compression, TheProcessorChangesNoByte) {
  std::string text = mixedBytes(2'500'000), digests;
  for (CompressionChoice choice : {CompressionChoice{Compression::Gzip, 0}, CompressionChoice{Compression::Gzip, 1},
                                   CompressionChoice{Compression::Gzip, 9}, CompressionChoice{Compression::Zstd, 3},
                                   CompressionChoice{Compression::Zstd, 6}})
    digests += digestOf(compressed(text, choice, 1 << 20)).hex();
  if (const char* expected = std::getenv("STRATA_EXPECTED_DIGESTS")) {
    EXPECT_EQ(digests, expected);
    return;
  }
#ifndef __x86_64__
  GTEST_SKIP() << "these bytes are compared on x86-64";
#endif
  ASSERT_TRUE(findProgram("qemu-x86_64-static")) << "install qemu-user-static";
  for (const char* processor : {"Nehalem", "SandyBridge", "Haswell"}) {
    auto result = must(runProcess({.argv = {"env", "STRATA_EXPECTED_DIGESTS=" + digests, "qemu-x86_64-static", "-cpu",
                                            processor, std::filesystem::read_symlink("/proc/self/exe").string(),
                                            "--gtest_filter=Compression.TheProcessorChangesNoByte"}}));
    EXPECT_EQ(result.exitCode, 0) << processor << ": " << result.output << result.errors;
  }
}

TEST(Compression, AFaultOfTheSinkEndsIt) {
  class FullDisk : public ByteSink {
  public:
    llvm::Error write(llvm::StringRef) override {
      return ++writes_ > 3 ? fault(FaultKind::Io, "no space left") : llvm::Error::success();
    }

  private:
    int writes_ = 0;
  } disk;
  MoreWorkers workers;
  auto compressor = makeCompressor({Compression::Gzip, {}}, disk, 4);
  std::string text = mixedBytes(32 << 20);
  EXPECT_FAULT_SAYING(compressor->write(text), FaultKind::Io, "no space left");
}

TEST(Compression, MemoryIsBoundedByTheThreadsNotTheStream) {
  MoreWorkers workers;
  std::string text = mixedBytes(1 << 20);
  for (auto [kind, most] : {std::pair(Compression::Gzip, 32u << 20), std::pair(Compression::Zstd, 96u << 20)}) {
    PeakMemory peak;
    HashingSink sink;
    auto compressor = makeCompressor({kind, 1}, sink, 4);
    for (int i = 0; i < 200; ++i) must(compressor->write(text));
    must(compressor->finish());
    EXPECT_LT(peak.grownBy(), most);
  }
}

TEST(Compression, NamesTheMediaTypeOfBothFamilies) {
  EXPECT_EQ(layerMediaType(MediaFamily::Oci, Compression::Gzip), "application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_EQ(layerMediaType(MediaFamily::Oci, Compression::None), "application/vnd.oci.image.layer.v1.tar");
  EXPECT_EQ(layerMediaType(MediaFamily::Docker, Compression::Gzip),
            "application/vnd.docker.image.rootfs.diff.tar.gzip");
  EXPECT_EQ(layerMediaType(MediaFamily::Docker, Compression::None), "application/vnd.docker.image.rootfs.diff.tar");
}

}  // namespace
}  // namespace strata::layerfs::testing

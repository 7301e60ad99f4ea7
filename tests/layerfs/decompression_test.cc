#include "layerfs/decompression.h"

#include "layerfs/compression.h"
#include "support/process.h"
#include "tests/layerfs/streams.h"

namespace strata::layerfs::testing {
namespace {

/// What a program makes of these bytes.
std::string packed(llvm::StringRef program, llvm::StringRef bytes) {
  TempDir directory = makeTempDir();
  writeFile(directory.path() + "/in", bytes);
  auto result =
      must(runProcess({.argv = {"sh", "-c", (program + " < in > out").str()}, .directory = directory.path()}));
  EXPECT_EQ(result.exitCode, 0) << result.errors;
  return must(readFile(directory.path() + "/out"));
}

std::string packed(Compression kind, llvm::StringRef bytes) {
  StringSink sink;
  auto compressor = makeCompressor({kind, {}}, sink);
  must(compressor->write(bytes));
  must(compressor->finish());
  return std::move(sink.text);
}

llvm::Expected<std::string> unpacked(ByteSource& source) {
  auto plain = decompressed(source);
  if (!plain) return plain.takeError();
  return readAll(**plain, 256 << 20);
}
llvm::Expected<std::string> unpacked(llvm::StringRef bytes) {
  StringSource source(bytes);
  return unpacked(source);
}

// --- Every compression ---

constexpr char kLzip[] = R"(python3 -c '
import lzma, struct, sys, zlib
plain = sys.stdin.buffer.read()
raw = lzma.compress(plain, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20}])
tail = struct.pack("<IQQ", zlib.crc32(plain), len(plain), 6 + len(raw) + 20)
sys.stdout.buffer.write(b"LZIP\x01\x14" + raw + tail)')";

class Compressions : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Every, Compressions,
                         ::testing::Values("cat", "gzip", "bzip2", "xz", "zstd", "lz4", "xz --format=lzma", kLzip));

TEST_P(Compressions, AreRemoved) {
  std::string program = GetParam();
  if (!findProgram(llvm::StringRef(program).split(' ').first)) GTEST_SKIP() << program << " is not installed";
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919) + "\n";
  std::string small = packed(program, text);
  EXPECT_TRUE(must(unpacked(small)) == text);
  DrippingSource slowly(small, 1000);
  EXPECT_TRUE(must(unpacked(slowly)) == text);
  if (program == "cat") return;
  EXPECT_FAULT(unpacked(llvm::StringRef(small).take_front(small.size() / 2)), FaultKind::Invalid);
}

/// The oldest one, here without any code for more than one byte: 9 bits each, lowest first.
TEST(Decompressed, CompressIsRemoved) {
  std::string text = "each byte for itself", small("\x1f\x9d\x90", 3);
  uint64_t bits = 0;
  int count = 0;
  for (char byte : text) {
    bits |= uint64_t(uint8_t(byte)) << count;
    for (count += 9; count >= 8; count -= 8, bits >>= 8) small += char(bits);
  }
  small += char(bits);
  EXPECT_EQ(must(unpacked(small)), text);
}

TEST(Decompressed, NothingStaysNothing) {
  EXPECT_EQ(must(unpacked("")), "");
  EXPECT_EQ(must(unpacked("x")), "x");
  for (Compression kind : {Compression::Gzip, Compression::Zstd}) EXPECT_EQ(must(unpacked(packed(kind, ""))), "");
}

TEST(Decompressed, WhatOnlyBeginsAlikeStaysAsItIs) {
  for (std::string text : {std::string("BZh is how it begins"), std::string("LZIP"), std::string("]\0\0\0\0\0\0", 7)})
    EXPECT_EQ(must(unpacked(text)), text);
}

/// Digest and size of both sides from one pass.
TEST(Decompressed, BothSidesAreHashedOnTheWay) {
  std::string text = mixedBytes(5'000'000);
  for (Compression kind : {Compression::None, Compression::Gzip, Compression::Zstd}) {
    std::string small = packed(kind, text);
    StringSource blob(small);
    HashingSource stored(blob);
    auto plain = must(decompressed(stored));
    HashingSource tar(*plain);
    EXPECT_EQ(must(skipRest(tar)), text.size());
    EXPECT_EQ(tar.finish(), digestOf(text));
    EXPECT_EQ(stored.size(), small.size());
    EXPECT_EQ(stored.finish(), digestOf(small));
  }
}

// --- Hostile streams ---

class Streams : public ::testing::TestWithParam<Compression> {
protected:
  std::string text_ = mixedBytes(3000), small_ = packed(GetParam(), text_);
};
INSTANTIATE_TEST_SUITE_P(Every, Streams, ::testing::Values(Compression::Gzip, Compression::Zstd));

TEST_P(Streams, MayBeSeveralInOne) {
  EXPECT_EQ(must(unpacked(small_ + packed(GetParam(), "") + small_)), text_ + text_);
  std::string many = small_ + small_;
  DrippingSource slowly(many, 1);
  EXPECT_EQ(must(unpacked(slowly)), text_ + text_);
}

TEST_P(Streams, EndingAnywhereButAtTheEndAreInvalid) {
  for (size_t size = 6; size < small_.size(); ++size)
    EXPECT_FAULT(unpacked(llvm::StringRef(small_).take_front(size)), FaultKind::Invalid);
}

TEST_P(Streams, WithSomethingBehindAreInvalid) {
  for (std::string behind : {std::string("x"), std::string("garbage of some length"), std::string(512, '\0'),
                             small_.substr(0, 5), std::string("\x1f\x8b\x07\0\0\0\0\0\0\0", 10)})
    EXPECT_FAULT(unpacked(small_ + behind), FaultKind::Invalid);
}

/// A flipped bit is found, or is one of those that mean nothing (a time in the header). Without its magic number it is
/// no such stream.
TEST_P(Streams, DamagedAnywhereNeverPassForSomethingElse) {
  int found = 0;
  for (size_t i = 0; i < small_.size(); ++i) {
    std::string damaged = small_;
    damaged[i] ^= char(1 << (i % 8));
    StringSource source(damaged);
    auto plain = unpacked(source);
    if (plain) {
      EXPECT_TRUE(*plain == text_ || (i < 4 && *plain == damaged)) << "byte " << i;
      continue;
    }
    EXPECT_FAULT(std::move(plain), FaultKind::Invalid);
    ++found;
  }
  EXPECT_GE(size_t(found) + 12, small_.size());
}

TEST_P(Streams, OfManyZerosTakeLittleMemory) {
  StringSink sink;
  auto compressor = makeCompressor({GetParam(), {}}, sink);
  std::string zeros(1 << 20, '\0');
  for (int i = 0; i < 512; ++i) must(compressor->write(zeros));
  must(compressor->finish());
  PeakMemory peak;
  StringSource source(sink.text);
  auto plain = must(decompressed(source));
  EXPECT_EQ(must(skipRest(*plain)), 512u << 20);
  EXPECT_LT(peak.grownBy(), 24u << 20);
}

/// All optional fields, in pieces: a reader that looks only at whole headers would miss them.
TEST(Gzip, HeadersMayHaveEveryField) {
  std::string plain = "content", small = packed(Compression::Gzip, plain);
  std::string header("\x1f\x8b\x08\x1e\1\2\3\4\0\3\5\0extraname\0comment\0", 12 + 5 + 5 + 8);
  uint32_t sum = 0xffffffff;
  for (char byte : header) {
    sum ^= uint8_t(byte);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
  }
  sum = ~sum;
  std::string good = header + char(sum) + char(sum >> 8) + small.substr(10);
  for (size_t piece : {1, 7, 1000}) {
    DrippingSource source(good, piece);
    EXPECT_EQ(must(unpacked(source)), plain);
  }
  std::string bad = header + char(sum + 1) + char(sum >> 8) + small.substr(10);
  EXPECT_FAULT_SAYING(unpacked(bad), FaultKind::Invalid, "header's checksum");
}

TEST(Gzip, FaultsSayWhatIsWrong) {
  std::string text = mixedBytes(100'000), small = packed(Compression::Gzip, text);
  EXPECT_FAULT_SAYING(unpacked(small + "more"), FaultKind::Invalid, "no gzip follows after 100000 bytes");
  EXPECT_FAULT_SAYING(unpacked(llvm::StringRef(small).drop_back(1)), FaultKind::Invalid, "ends early");
  std::string other = small;
  other.back() ^= 1;
  EXPECT_FAULT_SAYING(unpacked(other), FaultKind::Invalid, "checksum or length");
  other = small, other[2] = 7;
  EXPECT_FAULT_SAYING(unpacked(other), FaultKind::Invalid, "method 7");
  other = small, other[3] = char(0x80);
  EXPECT_FAULT_SAYING(unpacked(other), FaultKind::Invalid, "flags");
  // A deflate block of the reserved kind, and a copy from before the start.
  std::string header = small.substr(0, 10);
  EXPECT_FAULT_SAYING(unpacked(header + "\x07"), FaultKind::Invalid, "no known kind");
  EXPECT_FAULT_SAYING(unpacked(header + std::string("\x03\x02\0\0", 4)), FaultKind::Invalid, "before the start");
}

TEST(Zstd, SkippableFramesAreSkipped) {
  std::string skipped("\x53\x2a\x4d\x18\x03\0\0\0abc", 11), small = packed(Compression::Zstd, "content");
  EXPECT_EQ(must(unpacked(skipped + small + skipped)), "content");
}

/// 128 MiB is the most that the zstd program takes unasked.
TEST(Zstd, WindowsThatTakeTooMuchMemoryAreRefused) {
  std::string small = packed("zstd --long=27 -c", mixedBytes(1000));
  std::string frame("\x28\xb5\x2f\xfd\x00\xa8", 6);  // a window of 2^31
  EXPECT_FAULT_SAYING(unpacked(frame + "\x01\0\0"), FaultKind::Invalid, "memory");
  EXPECT_EQ(must(unpacked(small)), mixedBytes(1000));
}

TEST(Decompressed, FaultsOfTheSourcePass) {
  class Broken : public ByteSource {
  public:
    llvm::Expected<size_t> read(char* buffer, size_t size) override {
      if (given_) return fault(FaultKind::Unavailable, "the line is down");
      given_ = true;
      return StringSource(llvm::StringRef("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10)).read(buffer, size);
    }

  private:
    bool given_ = false;
  } broken;
  EXPECT_FAULT_SAYING(unpacked(broken), FaultKind::Unavailable, "the line is down");
}

}  // namespace
}  // namespace strata::layerfs::testing

#include "layerfs/compression.h"

#include "layerfs/layer_tar.h"
#include "tests/support/testing.h"

namespace strata::layerfs {
namespace {
using testing::must;

std::string compressed(llvm::StringRef bytes, CompressionChoice choice, size_t piece) {
  StringSink sink;
  auto compressor = makeCompressor(choice, sink);
  for (llvm::StringRef rest = bytes; !rest.empty(); rest = rest.drop_front(std::min(piece, rest.size())))
    must(compressor->write(rest.take_front(piece)));
  must(compressor->finish());
  return sink.text;
}

std::string restored(llvm::StringRef bytes) {
  StringSource source(bytes);
  auto plain = must(decompressed(source));
  return must(readAll(*plain, 64 << 20));
}

/// Text that compresses, with stretches that do not, longer than every buffer on the way.
std::string sample() {
  std::string text;
  uint64_t state = 88172645463325252ull;
  while (text.size() < 3 << 20) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    if (state % 3 == 0)
      text.append(reinterpret_cast<const char*>(&state), sizeof state);
    else
      text += "usr/share/doc/" + std::to_string(state % 1000) + "/copyright\n";
  }
  return text;
}

TEST(Compression, ComesBackTheSameFromEveryKindAndLevel) {
  std::string text = sample();
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

TEST(Compression, TakesNothingAtAll) {
  for (Compression kind : {Compression::Gzip, Compression::Zstd})
    EXPECT_EQ(restored(compressed("", {kind, {}}, 1)), "");
}

TEST(Compression, HigherLevelsGiveFewerBytes) {
  std::string text = sample();
  EXPECT_LT(compressed(text, {Compression::Gzip, 9}, 65536).size(),
            compressed(text, {Compression::Gzip, 0}, 65536).size());
  EXPECT_LT(compressed(text, {Compression::Zstd, 19}, 65536).size(),
            compressed(text, {Compression::Zstd, 1}, 65536).size());
}

TEST(Compression, NamesTheMediaTypeOfBothFamilies) {
  EXPECT_EQ(layerMediaType(MediaFamily::Oci, Compression::Gzip), "application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_EQ(layerMediaType(MediaFamily::Oci, Compression::None), "application/vnd.oci.image.layer.v1.tar");
  EXPECT_EQ(layerMediaType(MediaFamily::Docker, Compression::Gzip),
            "application/vnd.docker.image.rootfs.diff.tar.gzip");
  EXPECT_EQ(layerMediaType(MediaFamily::Docker, Compression::None), "application/vnd.docker.image.rootfs.diff.tar");
}

}  // namespace
}  // namespace strata::layerfs

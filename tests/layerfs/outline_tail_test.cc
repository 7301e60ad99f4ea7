#include "layerfs/outline_tail.h"

#include "layer_trees.h"
#include "streams.h"

#include "layerfs/decompression.h"
#include "layerfs/layer_outline.h"

namespace strata::layerfs::testing {
namespace {

constexpr Compression kForms[] = {Compression::Gzip, Compression::Zstd};

std::string outlineIn(llvm::StringRef tail) {
  auto tar = must(openOutlineTail(tail));
  return must(readAll(*tar, 64 << 20));
}

Descriptor blobOf(uint64_t size, const std::string& annotation) {
  return {.mediaType = "m",
          .digest = digestOf("blob"),
          .size = size,
          .annotations = {{kOutlineAnnotation.str(), annotation}, {"other", "x"}}};
}

class OutlineTailTest : public ::testing::Test {
protected:
  void SetUp() override {
    SKIP_UNLESS_ROOT();
    layer_ = store_.publish("mkdir -p a/b; for i in $(seq 2000); do echo $i > a/b/file-$RANDOM-$i; done; ln -s a link");
  }
  StoreInDirectory store_;
  std::shared_ptr<Layer> layer_;
};

TEST_F(OutlineTailTest, HoldsTheOutline) {
  StringSink outline;
  must(writeOutline(*layer_, outline));
  for (Compression form : kForms) {
    std::string tail = must(makeOutlineTail(*layer_, form));
    EXPECT_LT(tail.size(), outline.text.size() / 10);
    EXPECT_EQ(outlineIn(tail), outline.text);
    EXPECT_EQ(must(makeOutlineTail(*layer_, form)), tail);
  }
  EXPECT_EQ(must(makeOutlineTail(*layer_, Compression::None)), "");
}

TEST_F(OutlineTailTest, WhoUnpacksTheBlobSeesNothingOfIt) {
  for (Compression form : kForms) {
    StringSink tar, blob;
    must(layer_->writeTar(tar));
    auto compressor = makeCompressor({form, {}}, blob);
    must(layer_->writeTar(*compressor));
    must(compressor->finish());
    blob.text += must(makeOutlineTail(*layer_, form));
    StringSource source(blob.text);
    auto plain = must(decompressed(source));
    EXPECT_EQ(must(readAll(*plain, 64 << 20)), tar.text);
    auto dir = makeTempDir();
    writeFile(dir.path() + "/blob", blob.text);
    auto other =
        must(runProcess({{form == Compression::Gzip ? "gzip" : "zstd", "-dc", dir.path() + "/blob"}, {}, "", ""}));
    EXPECT_EQ(other.output, tar.text);
  }
}

TEST_F(OutlineTailTest, DamageIsAFaultWhereverItIs) {
  for (Compression form : kForms) {
    std::string tail = must(makeOutlineTail(*layer_, form));
    for (size_t size = 0; size < tail.size(); size += 1 + size / 16) {
      auto tar = openOutlineTail(llvm::StringRef(tail).take_front(size));
      auto bytes = tar ? readAll(**tar, 64 << 20) : llvm::Expected<std::string>(tar.takeError());
      if (size == 0 && bytes) continue;  // no outline at all is an empty one
      EXPECT_FAULT(bytes.takeError(), FaultKind::Invalid);
    }
  }
}

TEST(OutlineTail, LongOutlinesTakeSeveralMembers) {
  SKIP_UNLESS_ROOT();
  StoreInDirectory store;
  auto layer = store.publish("head -c 270000 /dev/urandom | od -An -v -tx1 -w30 | tr -d ' ' | xargs touch");
  StringSink outline;
  must(writeOutline(*layer, outline));
  std::string tail = must(makeOutlineTail(*layer, Compression::Gzip));
  EXPECT_GT(tail.size(), size_t(1) << 16);
  EXPECT_EQ(outlineIn(tail), outline.text);
}

TEST(OutlineTail, TheDescriptorSaysWhereItIs) {
  Descriptor blob = blobOf(1000, "900," + digestOf("tail").str());
  EXPECT_EQ(outlineTailOf(blob)->begin, 900u);
  EXPECT_EQ(outlineTailOf(blob)->digest, digestOf("tail"));
  keepOutlineTail(blob);
  EXPECT_EQ(blob.annotations.size(), 1u);
  noteOutlineTail(blob, "tail");
  EXPECT_EQ(outlineTailOf(blob)->begin, 996u);
  noteOutlineTail(blob, "");
  EXPECT_TRUE(blob.annotations.empty());
  takeOutlineTail(blob, blobOf(1000, "5," + digestOf("t").str()));
  EXPECT_EQ(outlineTailOf(blob)->begin, 5u);
  Descriptor other{.mediaType = "m", .digest = digestOf("other"), .size = 1000};
  takeOutlineTail(other, blob);
  EXPECT_TRUE(other.annotations.empty()) << "it is another blob";
}

TEST(OutlineTail, WhatCannotBeIsNothing) {
  std::string digest = digestOf("tail").str();
  for (const std::string& text :
       std::vector<std::string>{"", digest, "900", "900," + digest.substr(0, 30), "-1," + digest, "0," + digest,
                                "1000," + digest, "x," + digest, "99999999999999999999," + digest}) {
    Descriptor blob = blobOf(1000, text);
    EXPECT_FALSE(outlineTailOf(blob)) << text;
    keepOutlineTail(blob);
    EXPECT_TRUE(blob.annotations.empty());
  }
  EXPECT_FALSE(outlineTailOf(blobOf(uint64_t(1) << 40, "1," + digest))) << "too long";
}

}  // namespace
}  // namespace strata::layerfs::testing

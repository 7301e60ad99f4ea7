#include "builder/context/stat_index.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {

using testing::must;

class StatIndexTest : public ::testing::Test {
protected:
  void writeSample() {
    StatIndexWriter writer({Digest(), digestOf("unnamed"), digestOf("layer")}, 3);
    writer.add("", {{"Dockerfile", {100, 1, 2, 3, 0100644}, digestOf("d"), Digest()}});
    writer.add("empty", {});
    writer.add("src", {{"a.c", {1, 2, 3, 4, 0100644}, digestOf("a"), digestOf("x")},
                       {"b.c", {5, 6, 7, 8, 0100755}, digestOf("b"), Digest(), {2, 512}}});
    must(writer.write(path_));
  }
  TempDir directory_ = testing::makeTempDir();
  std::string path_ = directory_.path() + "/sub/index";
};

TEST_F(StatIndexTest, WhatWasWrittenIsFound) {
  writeSample();
  StatIndex index = StatIndex::load(path_);
  EXPECT_EQ(index.files(), 3u);
  auto source = index.directory("src");
  ASSERT_EQ(source.size(), 2u);
  size_t at = source.find("b.c");
  ASSERT_EQ(at, 1u);
  EXPECT_EQ(source.find("b.c", 1), 1u);
  EXPECT_EQ(source.content(at), digestOf("b"));
  EXPECT_EQ(source.stamp(at), (FileStamp{5, 6, 7, 8, 0100755}));
  EXPECT_EQ(source.xattrs(0), digestOf("x"));
  EXPECT_EQ(index.layers(), (std::vector<Digest>{Digest(), digestOf("layer")})) << "what no file names is left out";
  EXPECT_EQ(index.layers()[source.place(at).layer], digestOf("layer"));
  EXPECT_EQ(source.place(at).offset, 512u);
  EXPECT_EQ(source.place(0).layer, 0u);
  EXPECT_EQ(source.file(at).place.offset, 512u);
  EXPECT_EQ(source.find("none"), source.size());
  EXPECT_EQ(index.directory("nowhere").size(), 0u);
  EXPECT_EQ(index.directories(), (std::vector<llvm::StringRef>{"", "src"}));
}

TEST_F(StatIndexTest, AMissingFileIsAnEmptyIndex) {
  EXPECT_EQ(StatIndex::load(path_).files(), 0u);
  EXPECT_EQ(StatIndex::load(path_).directory("").size(), 0u);
}

TEST_F(StatIndexTest, EveryTruncationAndEveryFlippedByteIsIgnored) {
  writeSample();
  std::string good = must(readFile(path_));
  for (size_t length = 0; length < good.size(); ++length) {
    must(writeFileAtomically(path_, llvm::StringRef(good).take_front(length)));
    EXPECT_EQ(StatIndex::load(path_).files(), 0u) << length;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = char(bad[i] ^ 0x41);
    must(writeFileAtomically(path_, bad));
    EXPECT_EQ(StatIndex::load(path_).files(), 0u) << i;
  }
}

TEST_F(StatIndexTest, OnlyARegularFileIsRead) {
  must(makeDirectories(path_));
  EXPECT_EQ(StatIndex::load(path_).files(), 0u);
}

}  // namespace
}  // namespace strata::builder

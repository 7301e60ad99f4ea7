#include "layer_trees.h"

#include "layerfs/image_digests.h"

namespace strata::layerfs::testing {
namespace {

class ImageDigestsTest : public ::testing::Test {
protected:
  void SetUp() override {
    database_ = must(Database::open(directory_.path() + "/db"));
    must(database_->migrate("digests", {ImageDigests::tables()}));
  }
  TempDir directory_ = makeTempDir();
  std::unique_ptr<Database> database_;
};

TEST_F(ImageDigestsTest, AnImageIsFoundByRepositoryAndDigest) {
  ImageDigests digests(*database_);
  Digest image = digestOf("image"), one = digestOf("1"), two = digestOf("2");
  must(digests.put(image, {"docker.io/library/app", one}));
  must(digests.put(image, {"docker.io/library/app", two}));
  must(digests.put(image, {"localhost:5000/app", two}));
  EXPECT_EQ(must(digests.find({"docker.io/library/app", one})), std::vector{image});
  EXPECT_TRUE(must(digests.find({"docker.io/library/other", one})).empty());
  auto known = must(digests.of(image));
  ASSERT_EQ(known.size(), 3u);
  EXPECT_EQ(known[0].digest, two) << "the latest first";
  EXPECT_EQ(known[2].repository, "localhost:5000/app");
}

TEST_F(ImageDigestsTest, AnIndexesDigestLeadsToImagesOfSeveralPlatforms) {
  ImageDigests digests(*database_);
  must(digests.put(digestOf("a"), {"r/app", digestOf("1")}));
  must(digests.put(digestOf("b"), {"r/app", digestOf("1")}));
  EXPECT_THAT(must(digests.find({"r/app", digestOf("1")})), ::testing::ElementsAre(digestOf("b"), digestOf("a")));
}

TEST_F(ImageDigestsTest, GoByRepositoryOrAltogether) {
  ImageDigests digests(*database_);
  Digest image = digestOf("image");
  for (const char* repository : {"r/a", "r/b", "r/c"}) must(digests.put(image, {repository, digestOf("1")}));
  must(digests.remove(image, std::string("r/a")));
  EXPECT_EQ(must(digests.of(image)).size(), 2u);
  must(digests.remove(image));
  EXPECT_TRUE(must(digests.of(image)).empty());
}

}  // namespace
}  // namespace strata::layerfs::testing

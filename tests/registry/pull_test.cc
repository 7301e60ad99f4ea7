#include "registry/pull.h"

#include "support/fault.h"
#include "tests/registry/store_fixture.h"

namespace strata::registry::testing {
namespace {
using layerfs::LayerForm;
namespace media = layerfs::media;

const layerfs::Platform kAmd64{.os = "linux", .architecture = "amd64", .variant = {}};
const layerfs::Platform kArm64{.os = "linux", .architecture = "arm64", .variant = {}};

class PullTest : public ::testing::Test {
protected:
  PullTest() { reference_ = at(server_, "team/app:1"); }

  /// Pushes an image of one layer; its id.
  Digest pushed(const std::string& content, const PushChoice& choice = {}) {
    Digest id = author_.image({author_.layer("file", content)}, "amd64").id;
    root_ = author_.push(id, reference_, choice).digest;
    return id;
  }
  Pulled pull(const layerfs::Platform& platform = kAmd64) {
    return must(pullDocuments(reader_.client, reference_, platform, *reader_.store));
  }
  /// Puts a manifest of our own making there.
  void putManifest(const std::string& text, llvm::StringRef type = media::kOciManifest) {
    must(author_.client.repository(reference_, Client::Use::Push).get()->pushManifest(text, type, "1"));
  }

  RegistryServer server_;
  Machine author_, reader_;
  Reference reference_;
  Digest root_;
};

TEST_F(PullTest, BringsDocumentsAtOnceAndLayersWhenTheyAreRead) {
  for (auto kind : {layerfs::Compression::Gzip, layerfs::Compression::Zstd, layerfs::Compression::None}) {
    Digest id = pushed("content " + std::to_string(int(kind)), {.compression = {.kind = kind, .level = {}}});
    Pulled pulled = pull();
    EXPECT_EQ(pulled.image.id, id);
    EXPECT_EQ(pulled.root, root_);
    EXPECT_EQ(pulled.image.manifest, root_) << "the manifest keeps its bytes";
    EXPECT_TRUE(pulled.isNew);
    ASSERT_EQ(pulled.image.layers.size(), 1u);
    EXPECT_EQ(pulled.image.layers[0]->form(), LayerForm::Remote);
    must(bringLayers(pulled.image.layers));
    EXPECT_EQ(must(reader_.store->images().load(id)).size, tarOf("file", "content 0").size());
    EXPECT_EQ(must(reader_.store->images().list()).front().size, tarOf("file", "content 0").size());
    EXPECT_EQ(pulled.image.layers[0]->form(), LayerForm::Tar);
    EXPECT_EQ(reader_.content(*pulled.image.layers[0]), tarOf("file", "content " + std::to_string(int(kind))));
    EXPECT_EQ(must(reader_.store->images().findByName(reference_.canonical())), id);
  }
}

TEST_F(PullTest, ASecondTimeThereIsNothingNew) {
  pushed("a");
  EXPECT_TRUE(pull().isNew);
  EXPECT_FALSE(pull().isNew);
  pushed("b");
  EXPECT_TRUE(pull().isNew);
}

TEST_F(PullTest, WhatCameFromARegistryGoesBackUnread) {
  Digest id = pushed("a");
  pull();
  Reference copy = at(server_, "other/app:1");
  EXPECT_EQ(reader_.push(id, copy).digest, root_);
  EXPECT_EQ(must(reader_.store->images().load(id)).layers[0]->form(), LayerForm::Remote);
}

TEST_F(PullTest, FromOneRegistryToAnotherABlobGoesThrough) {
  RegistryServer elsewhere;
  Digest id = pushed("a", {.compression = {.kind = layerfs::Compression::Zstd, .level = {}}});
  pull();
  EXPECT_EQ(reader_.push(id, at(elsewhere, "app:1")).digest, root_);
  EXPECT_EQ(must(reader_.store->images().load(id)).layers[0]->form(), LayerForm::Remote);
  Machine third;
  auto pulled = must(pullDocuments(third.client, at(elsewhere, "app:1"), kAmd64, *third.store));
  EXPECT_EQ(third.content(*pulled.image.layers[0]), tarOf("file", "a"));
}

TEST_F(PullTest, OfAnIndexEachPlatformHasItsImage) {
  auto shared = author_.layer("a", "shared");
  layerfs::Image one = author_.image({shared}, "amd64"),
                 two = author_.image({shared, author_.layer("b", "b")}, "arm64");
  auto index = must(author_.store->images().indexes().create({one, two}));
  root_ = author_.push(index.id, reference_).digest;
  EXPECT_EQ(pull(kAmd64).image.id, one.id);
  EXPECT_EQ(pull(kArm64).image.id, two.id);
  EXPECT_EQ(pull(kAmd64).root, root_);
  EXPECT_EQ(must(reader_.store->images().findByName(reference_.canonical())), one.id) << "this machine's has the name";
  EXPECT_EQ(must(findStored(reference_, kArm64, *reader_.store)).image->id, two.id);
  EXPECT_FAULT_SAYING(pullDocuments(reader_.client, reference_, {"linux", "s390x", ""}, *reader_.store),
                      FaultKind::NotFound, "it has linux/amd64, linux/arm64");
}

TEST_F(PullTest, APlatformThatMustBeIsNotGivenForAnother) {
  pushed("a");
  auto wanted = [&](const layerfs::Platform& platform) {
    return pullDocuments(reader_.client, reference_, platform, *reader_.store, PlatformMatch::Required);
  };
  const char* words = "was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64";
  EXPECT_FAULT_SAYING(wanted(kArm64), FaultKind::NotFound, words);
  EXPECT_TRUE(must(reader_.store->images().list()).empty());
  EXPECT_TRUE(bool(must(wanted(kAmd64)).isNew));
  EXPECT_FAULT_SAYING(wanted(kArm64), FaultKind::NotFound, words);  // also of one that is here
  EXPECT_FAULT_SAYING(resolveRemote(reader_.repository(reference_), reference_, kArm64, PlatformMatch::Required),
                      FaultKind::NotFound, words);
  EXPECT_EQ(pull(kArm64).root, root_) << "who does not insist gets what there is";
}

TEST_F(PullTest, ByDigestThereIsNoName) {
  Digest id = pushed("a");
  Reference exact = must(parseReference(reference_.repository() + "@" + root_.str()));
  EXPECT_EQ(must(pullDocuments(reader_.client, exact, kAmd64, *reader_.store)).image.id, id);
  auto images = must(reader_.store->images().list());
  ASSERT_EQ(images.size(), 1u);
  EXPECT_TRUE(images[0].names.empty());
  EXPECT_FALSE(images[0].isDangling());
  EXPECT_EQ(must(findStored(exact, kAmd64, *reader_.store)).image->id, id);
}

TEST_F(PullTest, WhatIsNotThereIsNotFound) {
  EXPECT_FAULT_SAYING(pullDocuments(reader_.client, reference_, kAmd64, *reader_.store), FaultKind::NotFound,
                      "team/app:1");
}

TEST_F(PullTest, DocumentsThatDoNotBelongTogetherAreRefused) {
  Digest id = pushed("a");
  auto manifest = must(layerfs::parseManifest(must(author_.repository(reference_).manifest("1")).text));
  auto doubled = manifest;
  doubled.layers.push_back(doubled.layers[0]);
  putManifest(printManifest(doubled));
  EXPECT_FAULT_SAYING(pullDocuments(reader_.client, reference_, kAmd64, *reader_.store), FaultKind::Corrupt,
                      "names 2 layers");
  auto artifact = manifest;
  artifact.config.mediaType = "application/vnd.example+json";
  putManifest(printManifest(artifact));
  EXPECT_FAULT_SAYING(pullDocuments(reader_.client, reference_, kAmd64, *reader_.store), FaultKind::Unsupported,
                      "no image");
  EXPECT_TRUE(must(reader_.store->images().list()).empty());
  EXPECT_FALSE(must(reader_.store->content().contains(id)));
}

TEST_F(PullTest, ALayerOfOtherBytesIsNamedAndNotKept) {
  Digest first = pushed("a");
  auto liar = must(layerfs::parseManifest(must(author_.repository(reference_).manifest("1")).text));
  pushed("b");
  auto other = must(layerfs::parseManifest(must(author_.repository(reference_).manifest("1")).text));
  liar.layers = other.layers;
  putManifest(printManifest(liar));
  auto pulled = pull();
  EXPECT_EQ(pulled.image.id, first);
  EXPECT_FAULT_SAYING(bringLayers(pulled.image.layers), FaultKind::Corrupt, "has the digest");
  EXPECT_EQ(pulled.image.layers[0]->form(), LayerForm::Remote);
}

TEST_F(PullTest, NamesOfImagesThatWereMadeHereStayTheirs) {
  layerfs::Image own = reader_.image({reader_.layer("x", "x")}, "arm64");
  must(reader_.store->images().tag(own.id, reference_.canonical()));
  auto stored = must(findStored(reference_, kAmd64, *reader_.store));
  EXPECT_FALSE(stored.image);
  EXPECT_EQ(stored.other->id, own.id);
}

}  // namespace
}  // namespace strata::registry::testing

#include "layerfs/image_store.h"

#include "layer_trees.h"

namespace strata::layerfs::testing {
namespace {

class ImageStoreTest : public ::testing::Test {
protected:
  ImageStoreTest() {
    content_ = must(ContentStore::open(store_.directory.path(), store_.staging()));
    images_ = must(ImageStore::open(*store_.database, *content_, *store_.layers));
  }
  static ImageConfig configOf(std::string user) {
    ImageConfig config;
    config.platform = {.os = "linux", .architecture = "amd64"};
    config.user = std::move(user);
    return config;
  }
  std::shared_ptr<Layer> layerWith(std::string name) { return store_.addTar(tarOf({file(std::move(name), "x")})); }
  Image make(std::string user) { return must(images_->create(configOf(std::move(user)), {layerWith("f")})); }

  StoreInDirectory store_;
  std::unique_ptr<ContentStore> content_;
  std::unique_ptr<ImageStore> images_;
};

TEST_F(ImageStoreTest, AnImageIsAConfigAndAManifestOverItsLayers) {
  auto lower = layerWith("lower"), upper = layerWith("upper");
  Image image = must(images_->create(configOf("me"), {lower, upper}));
  auto identity = must(lower->tarIdentity()), above = must(upper->tarIdentity());

  std::string document = must(content_->read(image.id));
  EXPECT_EQ(must(parseImageConfig(document)).diffIds, (std::vector<DiffId>{identity.diffId, above.diffId}));
  Manifest manifest = must(parseManifest(must(content_->read(image.manifest))));
  EXPECT_EQ(manifest.config.digest, image.id);
  EXPECT_EQ(manifest.config.size, document.size());
  ASSERT_EQ(manifest.layers.size(), 2u);
  EXPECT_EQ(manifest.layers[0].digest, identity.diffId.digest);
  EXPECT_EQ(manifest.layers[0].size, identity.size);
  EXPECT_EQ(manifest.layers[0].mediaType, media::kOciLayer);
  EXPECT_EQ(image.size, identity.size + above.size);
}

TEST_F(ImageStoreTest, AnImageThatIsLoadedIsTheOneThatWasMade) {
  Image made = make("me");
  Image loaded = must(images_->load(made.id));
  EXPECT_TRUE(loaded.config == made.config);
  EXPECT_EQ(loaded.manifest, made.manifest);
  EXPECT_EQ(loaded.size, made.size);
  ASSERT_EQ(loaded.layers.size(), 1u);
  EXPECT_EQ(loaded.layers[0]->id(), made.layers[0]->id());
  EXPECT_FAULT(images_->load(digestOf("other")), FaultKind::NotFound);
}

TEST_F(ImageStoreTest, AnImageMadeAgainIsTheSame) {
  Image first = make("me");
  must(images_->tag(first.id, "docker.io/library/app:1"));
  Image again = make("me");
  EXPECT_EQ(again.id, first.id);
  EXPECT_THAT(again.names, ::testing::ElementsAre("docker.io/library/app:1"));
  EXPECT_EQ(must(images_->list()).size(), 1u);
}

TEST_F(ImageStoreTest, AnImageMayHaveNoLayersOrOneTwice) {
  EXPECT_TRUE(must(images_->load(must(images_->create(configOf("scratch"), {})).id)).layers.empty());
  auto layer = layerWith("f");
  Image twice = must(images_->create(configOf("twice"), {layer, layer}));
  EXPECT_EQ(must(images_->load(twice.id)).layers.size(), 2u);
}

TEST_F(ImageStoreTest, ADocumentFromOutsideKeepsItsBytes) {
  auto layer = layerWith("f");
  std::string document = R"({ "os": "linux", "x-other": 1, "rootfs": {"type": "layers", "diff_ids": [")" +
                         must(layer->tarIdentity()).diffId.digest.str() + R"("]} })";
  Image image = must(images_->createFromDocuments({.config = document}, {layer}));
  EXPECT_EQ(image.id, digestOf(document));
  EXPECT_EQ(must(content_->read(image.id)), document);
}

TEST_F(ImageStoreTest, ADocumentThatNamesOtherLayersIsRefused) {
  auto layer = layerWith("f");
  std::string other = R"({"rootfs":{"diff_ids":[")" + digestOf("other").str() + R"("]}})";
  EXPECT_FAULT(images_->createFromDocuments({.config = other}, {layer}), FaultKind::Corrupt);
  EXPECT_FAULT(images_->createFromDocuments({.config = "{}"}, {layer}), FaultKind::Invalid);
  EXPECT_TRUE(must(images_->list()).empty());
  EXPECT_TRUE(must(content_->list()).empty());
}

TEST_F(ImageStoreTest, ANameMovesFromImageToImage) {
  Image first = make("a"), second = make("b");
  must(images_->tag(first.id, "n:1"));
  must(images_->tag(first.id, "m:1"));
  must(images_->tag(first.id, "m:1"));
  must(images_->tag(second.id, "n:1"));
  EXPECT_EQ(must(images_->findByName("n:1")), second.id);
  EXPECT_THAT(must(images_->load(first.id)).names, ::testing::ElementsAre("m:1"));
  EXPECT_EQ(must(images_->findByName("nobody")), std::nullopt);
  EXPECT_FAULT(images_->tag(digestOf("other"), "n:1"), FaultKind::NotFound);
  EXPECT_EQ(must(images_->findByName("n:1")), second.id);
  EXPECT_TRUE(must(images_->untag("n:1")));
  EXPECT_FALSE(must(images_->untag("n:1")));
}

TEST_F(ImageStoreTest, APrefixFindsTheOneImageThatItFits) {
  std::vector<Image> images;
  for (int i = 0; i < 17; ++i) images.push_back(make(std::to_string(i)));  // two of them share their first digit
  const Digest& id = images[3].id;
  EXPECT_EQ(must(images_->findByPrefix(id.hex().substr(0, 20))), id);
  EXPECT_EQ(must(images_->findByPrefix(id.str())), id);
  EXPECT_EQ(must(images_->findByPrefix(llvm::StringRef(id.hex()).upper())), id);
  EXPECT_EQ(must(images_->findByPrefix(digestOf("other").hex())), std::nullopt);
  for (const char* none : {"", "sha256:", "*", "xyz"}) EXPECT_EQ(must(images_->findByPrefix(none)), std::nullopt);
  int ambiguous = 0;
  for (char digit : llvm::StringRef("0123456789abcdef")) {
    auto seen = faultOf(images_->findByPrefix(llvm::StringRef(&digit, 1)));
    ambiguous += seen.kind == FaultKind::Invalid;
  }
  EXPECT_GE(ambiguous, 1);
}

TEST_F(ImageStoreTest, TheNewestImageIsListedFirst) {
  ImageConfig old = configOf("old"), young = configOf("young");
  old.created = 1'000;
  young.created = 2'000;
  must(images_->create(young, {}));
  auto layer = layerWith("f");
  must(images_->create(old, {layer}));
  auto list = must(images_->list());
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].created, 2'000);
  EXPECT_THAT(list[1].layers, ::testing::ElementsAre(layer->id()));
}

TEST_F(ImageStoreTest, ARemovedImageTakesItsNamesAndLeavesItsLayers) {
  Image image = make("me");
  must(images_->tag(image.id, "n:1"));
  must(images_->remove(image.id));
  EXPECT_EQ(must(images_->findByName("n:1")), std::nullopt);
  EXPECT_TRUE(must(images_->list()).empty());
  EXPECT_TRUE(store_.layers->contains(image.layers[0]->id()));
  EXPECT_EQ(must(images_->load(make("me").id)).layers.size(), 1u);  // and can be made again
}

TEST_F(ImageStoreTest, AnImageMadeAgainHasTheLayersOfTheFirst) {
  SKIP_UNLESS_ROOT();
  auto first = store_.publish("echo x > f; touch -d @0 f"), same = store_.publish("echo x > f; touch -d @0 f");
  ASSERT_NE(first->id(), same->id());
  Image image = must(images_->create(configOf("me"), {first}));
  Image again = must(images_->create(configOf("me"), {same}));
  ASSERT_EQ(again.id, image.id);
  EXPECT_EQ(again.layers[0]->id(), first->id());  // which the image keeps from the sweep
}

TEST_F(ImageStoreTest, WhatIsMissingOfAnImageIsADamage) {
  Image image = make("me"), other = make("other");
  must(store_.layers->remove(image.layers[0]->id()));
  EXPECT_FAULT_SAYING(images_->load(image.id), FaultKind::NotFound, image.id.shortHex());
  must(content_->remove(other.id));
  EXPECT_FAULT_SAYING(images_->load(other.id), FaultKind::NotFound, other.id.shortHex());
}

TEST_F(ImageStoreTest, ProcessesMakeOneImageAtOnce) {
  auto layer = layerWith("f");
  std::vector<pid_t> children;
  for (int process = 0; process < 6; ++process) {
    pid_t child = ::fork();
    if (child == 0) {
      auto database = must(Database::open(store_.directory.path() + "/strata.db"));
      auto layers = must(LayerStore::open(store_.directory.path(), store_.staging(), *database));
      auto images = must(ImageStore::open(*database, *content_, *layers));
      Image image = must(images->create(configOf("me"), {must(layers->load(layer->id()))}));
      must(images->tag(image.id, "n:" + std::to_string(process)));
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  auto list = must(images_->list());
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].names.size(), 6u);
  EXPECT_EQ(list[0].layers.size(), 1u);
}

TEST_F(ImageStoreTest, AnImageWithADamagedConfigIsDropped) {
  Image image = make("me");
  must(writeFileAtomically(store_.directory.path() + "/blobs/sha256/" + image.id.hex(), "{}"));
  EXPECT_FAULT_SAYING(images_->load(image.id), FaultKind::NotFound, image.id.shortHex());
}

}  // namespace
}  // namespace strata::layerfs::testing

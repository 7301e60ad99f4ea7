#include "layerfs/store_check.h"

#include "layer_trees.h"
#include "layerfs/stored_layer.h"

#include <fstream>

namespace strata::layerfs::testing {
namespace {

class StoreCheckTest : public ::testing::Test {
protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    store_ = must(Store::open(
        {.root = root_, .layerForm = form_, .onDamage = [this](const Damage& damage) { heard_.push_back(damage); }}));
  }
  std::shared_ptr<Layer> layerWith(std::string name) {
    std::string tar = tarOf({file(std::move(name), "x")});
    StringSource source(tar);
    return must(store_->layers().addTar(source));
  }
  std::shared_ptr<Layer> directoryLayer() {
    auto draft = must(store_->layers().makeDraft());
    writeFile(draft.upper() + "/f", "content");
    return must(store_->layers().publish(std::move(draft)));
  }
  Image image(std::shared_ptr<Layer> layer, std::string name) {
    Image made = must(store_->images().create({.user = name}, {std::move(layer)}));
    must(store_->images().tag(made.id, name));
    return made;
  }
  /// What a check of the store as a later process sees it finds.
  std::vector<std::string> kinds() {
    open();
    heard_.clear();
    check_ = must(checkStore(*store_));
    std::vector<std::string> kinds;
    for (const Damage& damage : heard_) kinds.push_back(damage.kind);
    return kinds;
  }
  std::string path(const std::string& below) const { return root_ + "/" + below; }
  std::string blob(const Digest& digest) const { return path("blobs/sha256/" + digest.hex()); }

  TempDir directory_ = makeTempDir();
  std::string root_ = directory_.path() + "/root", form_;
  std::vector<Damage> heard_;
  std::unique_ptr<Store> store_;
  StoreCheck check_;
};

TEST_F(StoreCheckTest, ASoundStoreIsClean) {
  image(layerWith("a"), "one:1");
  image(directoryLayer(), "two:1");
  EXPECT_THAT(kinds(), ::testing::IsEmpty());
  EXPECT_EQ(check_.blobs, 4u);
  EXPECT_EQ(check_.layers, 2u);
  EXPECT_EQ(check_.images, 2u);
  EXPECT_EQ(check_.leftovers, 0u);
}

TEST_F(StoreCheckTest, AChangedFileOfADirectoryTakesLayerAndImage) {
  form_ = "dir";
  open();
  LayerId id;
  {
    auto layer = directoryLayer();
    image(layer, "app:1");
    id = layer->id();
  }
  writeFile(path("layers/" + std::to_string(id.value) + "/fs/f"), "Content");
  EXPECT_THAT(kinds(), ::testing::ElementsAre("layer", "image"));
  EXPECT_EQ(heard_[1].name, "app:1");
  EXPECT_FALSE(pathExists(path("layers/" + std::to_string(id.value))));
  EXPECT_THAT(kinds(), ::testing::IsEmpty());
}

TEST_F(StoreCheckTest, AChangedByteOfATarTakesLayerAndImageWhateverItsTimesSay) {
  LayerId id;
  {
    auto layer = directoryLayer();
    image(layer, "app:1");
    id = layer->id();
  }
  std::string tar = path("layers/" + std::to_string(id.value) + "/tar");
  std::fstream(tar, std::ios::in | std::ios::out).seekp(600).put('!');
  struct stat status;
  ASSERT_EQ(::stat(tar.c_str(), &status), 0);
  must(store_->database().execute("UPDATE layers SET stamp = '" + stampOf(status) + "'"));
  EXPECT_THAT(kinds(), ::testing::ElementsAre("layer", "image"));
}

TEST_F(StoreCheckTest, ALayerWithoutFilesTakesItsImage) {
  LayerId id;
  {
    auto layer = directoryLayer();
    image(layer, "app:1");
    id = layer->id();
  }
  must(removeTree(path("layers/" + std::to_string(id.value))));
  EXPECT_THAT(kinds(), ::testing::ElementsAre("layer", "image"));
  EXPECT_THAT(kinds(), ::testing::IsEmpty());
}

TEST_F(StoreCheckTest, ADamagedConfigurationTakesItsImageAndAManifestIsWrittenAgain) {
  Image one = image(layerWith("a"), "one:1"), two = image(layerWith("b"), "two:1");
  writeFile(blob(one.id), "{}");
  writeFile(blob(two.manifest), "{}");
  EXPECT_THAT(kinds(), ::testing::UnorderedElementsAre("blob", "blob", "image", "blob"));
  EXPECT_FAULT(store_->images().load(one.id), FaultKind::NotFound);
  EXPECT_EQ(must(store_->images().load(two.id)).manifest, two.manifest);
  EXPECT_THAT(kinds(), ::testing::IsEmpty());
}

TEST_F(StoreCheckTest, ADamagedIndexGoesAndItsImagesStay) {
  Image one = image(layerWith("a"), "one:1");
  ImageIndex index = must(store_->images().indexes().create({one}));
  must(store_->images().indexes().tag(index.id, "both:1"));
  writeFile(blob(index.id), "{}");
  EXPECT_THAT(kinds(), ::testing::ElementsAre("blob", "image"));
  EXPECT_EQ(heard_[1].name, "both:1");
  EXPECT_EQ(must(store_->images().list()).size(), 1u);
}

TEST_F(StoreCheckTest, WhatHasNoBusinessThereGoesAndLeftoversAreNoDamage) {
  must(makeDirectories(path("layers/4711/fs")));
  writeFile(path("layers/what"), "");
  writeFile(path("blobs/sha256/what"), "");
  EXPECT_THAT(kinds(), ::testing::ElementsAre("stray", "stray"));
  EXPECT_EQ(check_.leftovers, 1u);
  EXPECT_FALSE(pathExists(path("layers/4711")));
  EXPECT_FALSE(pathExists(path("layers/what")));
}

TEST_F(StoreCheckTest, AnImageMadeAgainAfterItsLayerWasLostKeepsItsNames) {
  Image before = image(layerWith("a"), "app:1");
  must(store_->images().tag(before.id, "app:2"));
  LayerId lost = before.layers[0]->id();
  before.layers.clear();
  must(removeTree(path("layers/" + std::to_string(lost.value))));
  Image again = must(store_->images().create({.user = "app:1"}, {layerWith("a")}));
  EXPECT_EQ(again.id, before.id);
  EXPECT_THAT(again.names, ::testing::ElementsAre("app:1", "app:2"));
  EXPECT_NE(again.layers[0]->id(), lost);
}

class ChangedLayerTest : public StoreCheckTest, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Forms, ChangedLayerTest, ::testing::Values("dir", ""));
TEST_P(ChangedLayerTest, IsNotHandedOut) {
  form_ = GetParam();
  open();
  auto layer = directoryLayer();
  must(layer->tarIdentity());
  bool directory = layer->form() == LayerForm::Dir;
  std::string files = path("layers/" + std::to_string(layer->id().value));
  if (directory)
    writeFile(files + "/fs/f", "Content");
  else
    std::fstream(files + "/tar", std::ios::in | std::ios::out).seekp(600).put('!');
  StringSink sink;
  EXPECT_FAULT_SAYING(layer->writeTar(sink), FaultKind::Corrupt, "build again");
  EXPECT_FAULT(store_->layers().load(layer->id()), FaultKind::NotFound);
}

}  // namespace
}  // namespace strata::layerfs::testing

#include "builder/copy/earlier_layers.h"

#include "layerfs/store.h"
#include "tests/builder/copy/copy_fixture.h"

#include <thread>

namespace strata::builder {
namespace {

using testing::must;

/// A store with the layer that an earlier build made of `copy`, whose tree says so.
class EarlierLayerTest : public CopyFixture {
protected:
  SourceTree& treeWithIndex() {
    fds_.push_back(must(openFile(context(""), O_RDONLY | O_DIRECTORY)));
    trees_.push_back(std::make_unique<SourceTree>(SourceTree::Options{.rootFd = fds_.back().get(),
                                                                      .shownRoot = "context",
                                                                      .squashOwner = true,
                                                                      .statIndexPath = context("../index")}));
    return *trees_.back();
  }
  CopyRequest requestOf(SourceTree& tree) {
    CopyRequest copy;
    copy.fromTree = true;
    copy.selection = must(tree.select({"d"}, {}, *store_, cancel_));
    copy.destination = "/to/";
    copy.destinationIsDirectory = true;
    return copy;
  }
  void SetUp() override {
    for (const char* name : {"d/a", "d/b", "d/c"}) file(name, std::string("content of ") + name);
    file("d/large", std::string(3 << 20, 'l') + "end");
    file("d/empty", "");
    for (const char* name : {"d/a", "d/b", "d/c", "d/large", "d/empty"}) setTime(context(name), 1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // what is written in this tick is read again
    SourceTree& tree = treeWithIndex();
    CopyRequest copy = requestOf(tree);
    layerfs::TarDraft draft = must(images_->layers().makeTarDraft());
    CopiedTar copied = must(writeCopy(copy, resolve(copy), draft.file(), nullptr, cancel_));
    EXPECT_EQ(copied.files.size(), 4u) << "an empty file has no place";
    layer_ = must(images_->layers().publish(std::move(draft), copied.index, copied.identity));
    std::vector<std::pair<const SourceNode*, uint64_t>> offsets;
    for (const CopiedFile& each : copied.files) offsets.emplace_back(each.node, each.offset);
    tree.keepPlaces(copied.identity.diffId.digest, std::move(offsets));
    must(tree.saveIndex());
  }
  std::string tarPath() { return directory_.path() + "/store/layers/" + std::to_string(layer_->id().value) + "/tar"; }

  std::unique_ptr<layerfs::Store> images_ = must(layerfs::Store::open({.root = directory_.path() + "/store"}));
  std::shared_ptr<layerfs::Layer> layer_;
};

TEST_F(EarlierLayerTest, UnchangedFilesComeOutOfItAndAreNotOpened) {
  file("d/b", "another content");
  CopyRequest copy = requestOf(treeWithIndex());
  DestinationFacts facts = resolve(copy);
  std::string read = tarOf(copy, facts);
  for (const char* name : {"d/a", "d/c", "d/large"}) must(removeTree(context(name)));
  EarlierLayers earlier(images_->layers(), EarlierLayers::Contents::Taken);
  EXPECT_TRUE(tarOf(copy, facts, &earlier) == read);
  EXPECT_NE(read.find("another content"), std::string::npos);
}

TEST_F(EarlierLayerTest, ALayerThatIsGoneOrWasTouchedIsNotTakenFrom) {
  CopyRequest copy = requestOf(treeWithIndex());
  DestinationFacts facts = resolve(copy);
  std::string read = tarOf(copy, facts);
  std::string tar = must(readFile(tarPath()));
  size_t at = tar.find("content of d/b");
  ASSERT_NE(at, std::string::npos);
  tar.replace(at, 14, "damaged, d/b !");
  {
    UniqueFd damaged = must(openFile(tarPath(), O_WRONLY));
    must(FdSink(damaged.get()).write(tar));
  }
  EarlierLayers touched(images_->layers(), EarlierLayers::Contents::Taken);
  EXPECT_TRUE(tarOf(copy, facts, &touched) == read);
  must(images_->layers().remove(layer_->id()));
  EarlierLayers gone(images_->layers(), EarlierLayers::Contents::Taken);
  EXPECT_TRUE(tarOf(copy, facts, &gone) == read);
}

}  // namespace
}  // namespace strata::builder

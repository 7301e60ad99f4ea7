#include "layerfs/layer_stack.h"

#include "erofs_tars.h"
#include "layerfs/layer_walk.h"
#include "layerfs/snapshot.h"

namespace strata::layerfs::testing {
namespace {

/// Layers on disk, each as an indexed tar or as a directory, bottom first.
class Layers {
public:
  void addTar(llvm::StringRef tar) { tars_.push_back(std::make_unique<IndexedTar>(tar)); }
  void addDirectory(llvm::StringRef tar) {
    directories_.push_back(std::make_unique<TempDir>(makeTempDir()));
    StringSource source(tar);
    must(unpackLayerTar(source, directories_.back()->path()));
    tars_.push_back(nullptr);
  }
  LayerStack stack() const {
    std::vector<std::unique_ptr<LayerReader>> readers;
    auto directory = directories_.begin();
    for (const auto& tar : tars_)
      readers.push_back(tar ? must(openTarReader(tar->index(), tar->tar()))
                            : must(openDirectoryReader((*directory++)->path())));
    return LayerStack(std::move(readers));
  }

private:
  std::vector<std::unique_ptr<IndexedTar>> tars_;
  std::vector<std::unique_ptr<TempDir>> directories_;
};

Collected walkedStack(const LayerStack& stack, llvm::StringRef path = {}) {
  Collected seen;
  must(stack.walk([&](const LayerEntry& entry, ByteSource& content, int) { return seen(entry, content); }, path));
  return seen;
}

std::string contentAt(const LayerStack& stack, llvm::StringRef path) {
  auto found = must(stack.find(path, FinalLink::Follow));
  if (!found) return "nothing";
  return found->content ? must(readAll(*found->content, 1 << 20)) : "no file";
}

class LayerStackTest : public ::testing::Test {
protected:
  void SetUp() override { SKIP_UNLESS_ROOT(); }
};

/// Three layers at random, in every mixture of forms, against what the kernel shows of them.
TEST_F(LayerStackTest, AnyStackIsReadAsOverlayShowsIt) {
  StoreInDirectory store;
  auto overlay = must(openSnapshotter("overlay", store.staging()));
  for (unsigned seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    Layers layers;
    SnapshotSpec spec;
    for (unsigned layer = 0; layer < 3; ++layer) {
      std::string tar = RandomTar(1000 * layer + seed).bytes();
      (seed >> layer & 1) ? layers.addDirectory(tar) : layers.addTar(tar);
      spec.layers.push_back(store.addTar(tar));
    }
    auto snapshot = must(overlay->mount(spec));
    auto expected = testing::walked("/proc/self/fd/" + std::to_string(snapshot->rootFd()));
    EXPECT_EQ(walkedStack(layers.stack()).lines(), expected.lines());
  }
}

TEST_F(LayerStackTest, UpperLayersHideAndRemove) {
  Layers layers;
  layers.addTar(tarOf({directory("d"), file("d/gone", "1"), file("d/kept", "2"), directory("e"), file("e/hidden", "3"),
                       file("f", "4")}));
  layers.addDirectory(tarOf({directory("d", 0700), marker("d/gone", EntryKind::Whiteout), directory("e"),
                             marker("e", EntryKind::Opaque), file("e/new", "5"), directory("f"), file("f/x", "6")}));
  layers.addTar(tarOf({file("e/new", "7"), marker("f/x", EntryKind::Whiteout)}));
  LayerStack stack = layers.stack();
  EXPECT_EQ(walkedStack(stack).paths(), (std::vector<std::string>{"d", "d/kept", "e", "e/new", "f"}));
  EXPECT_EQ(contentAt(stack, "d/kept"), "2");
  EXPECT_EQ(contentAt(stack, "e/new"), "7");
  for (const char* hidden : {"d/gone", "e/hidden", "f/x", "d/kept/x"}) EXPECT_EQ(contentAt(stack, hidden), "nothing");
}

TEST_F(LayerStackTest, LinksLeadThroughAllLayers) {
  Layers layers;
  layers.addTar(tarOf({directory("usr"), directory("usr/lib"), file("usr/lib/so", "1"), link("lib", "usr/lib")}));
  layers.addDirectory(tarOf({link("abs", "/lib/so"), link("up", "../../lib"), link("loop", "loop")}));
  LayerStack stack = layers.stack();
  EXPECT_EQ(contentAt(stack, "lib/so"), "1");
  EXPECT_EQ(contentAt(stack, "/up/../lib/./so"), "1");
  EXPECT_EQ(must(stack.find("abs", FinalLink::Follow))->entry.path, "usr/lib/so");
  EXPECT_EQ(must(stack.find("up/so", FinalLink::Keep))->entry.path, "usr/lib/so");
  EXPECT_EQ(must(stack.find("abs", FinalLink::Keep))->entry.linkTarget, "/lib/so");
  EXPECT_EQ(must(stack.find("", FinalLink::Keep))->entry.kind, EntryKind::Directory);
  EXPECT_FAULT_SAYING(stack.find("loop", FinalLink::Follow), FaultKind::Invalid, "circle");
  EXPECT_FAULT_SAYING(stack.find("loop/x", FinalLink::Keep), FaultKind::Invalid, "circle");
}

TEST_F(LayerStackTest, APartIsWalkedWithItsWholePaths) {
  Layers layers;
  layers.addTar(tarOf({directory("a"), file("a/f", "1"), directory("a/b"), file("a/b/g", "2"), file("z", "3")}));
  layers.addTar(tarOf({link("a/h", "a/i", EntryKind::Symlink), file("a/i", "4")}));
  LayerStack stack = layers.stack();
  EXPECT_EQ(walkedStack(stack, "a").paths(), (std::vector<std::string>{"a", "a/b", "a/b/g", "a/f", "a/h", "a/i"}));
  EXPECT_EQ(walkedStack(stack, "a/b/g").paths(), std::vector<std::string>{"a/b/g"});
  EXPECT_TRUE(walkedStack(stack, "absent").entries.empty());
  EXPECT_TRUE(walkedStack(LayerStack({})).entries.empty());
}

TEST_F(LayerStackTest, FilesOfADirectoryAreHandedOutOpen) {
  Layers layers;
  layers.addTar(tarOf({file("in-tar", "1")}));
  layers.addDirectory(tarOf({file("on-disk", "2")}));
  must(layers.stack().walk([](const LayerEntry& entry, ByteSource&, int file) {
    EXPECT_EQ(file >= 0, entry.path == "on-disk") << entry.path;
    return llvm::Error::success();
  }));
}
}  // namespace
}  // namespace strata::layerfs::testing

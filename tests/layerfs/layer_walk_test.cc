#include "layerfs/layer_walk.h"

#include "layer_trees.h"

namespace strata::layerfs::testing {
namespace {

class LayerWalkTest : public ::testing::Test {
protected:
  void SetUp() override { SKIP_UNLESS_ROOT(); }
  std::string at(llvm::StringRef path) const { return joinPath(directory_.path(), path); }
  TempDir directory_ = makeTempDir();
};

TEST_F(LayerWalkTest, RootComesFirstThenPathOrder) {
  shell("cd " + directory_.path() + " && mkdir -p a/b c && touch a/b/x a-b a.b b c/1");
  auto seen = walked(directory_.path());
  EXPECT_EQ(seen.entries.front().entry.path, "");
  EXPECT_EQ(seen.entries.front().entry.kind, EntryKind::Directory);
  std::vector<std::string> paths = seen.paths();
  EXPECT_THAT(paths, ::testing::ElementsAre("a", "a/b", "a/b/x", "a-b", "a.b", "b", "c", "c/1"));
  EXPECT_TRUE(std::is_sorted(paths.begin(), paths.end(), pathLess));
}

TEST_F(LayerWalkTest, EveryFormOfRemovalIsRecognised) {
  shell("cd " + directory_.path() + " && mknod dev c 0 0 && ln dev dev2 && mkdir t u no && touch x");
  ASSERT_EQ(::setxattr(at("t").c_str(), "trusted.overlay.opaque", "y", 1, 0), 0);
  ASSERT_EQ(::setxattr(at("u").c_str(), "user.overlay.opaque", "y", 1, 0), 0);
  ASSERT_EQ(::setxattr(at("no").c_str(), "trusted.overlay.opaque", "x", 1, 0), 0);
  ASSERT_EQ(::setxattr(at("x").c_str(), "user.overlay.whiteout", "", 0, 0), 0);
  std::vector<std::pair<std::string, EntryKind>> seen;
  for (auto& full : walked(directory_.path()).entries) seen.push_back({full.entry.path, full.entry.kind});
  using K = EntryKind;
  EXPECT_THAT(seen, ::testing::ElementsAre(
                        std::pair("", K::Directory), std::pair("dev", K::Whiteout), std::pair("dev2", K::Whiteout),
                        std::pair("no", K::Directory), std::pair("t", K::Directory), std::pair("t", K::Opaque),
                        std::pair("u", K::Directory), std::pair("u", K::Opaque), std::pair("x", K::Whiteout)));
}

TEST_F(LayerWalkTest, HardLinksPointToTheFirstNameInOrder) {
  shell("cd " + directory_.path() + " && mkdir d && echo x > z && ln z d/a && ln z b && ln -s t s && ln s s2");
  auto lines = walked(directory_.path()).lines();
  EXPECT_THAT(lines, ::testing::IsSupersetOf({std::string("hard d/a -> b"), std::string("hard z -> b")}));
  EXPECT_THAT(lines, ::testing::Contains("hard s2 -> s"));
}

TEST_F(LayerWalkTest, XattrsOfEveryKindAreRead) {
  shell("cd " + directory_.path() + " && ln -s t link && touch file");
  std::string large(3000, 'v');
  ASSERT_EQ(::lsetxattr(at("link").c_str(), "trusted.l", "1", 1, 0), 0);
  ASSERT_EQ(::setxattr(at("file").c_str(), "user.large", large.data(), large.size(), 0), 0);
  ASSERT_EQ(::setxattr(at("file").c_str(), "trusted.overlay.origin", "o", 1, 0), 0);
  auto seen = walked(directory_.path());
  EXPECT_THAT(seen.entries[1].entry.xattrs, ::testing::ElementsAre(std::pair("user.large", large)));
  EXPECT_THAT(seen.entries[2].entry.xattrs, ::testing::ElementsAre(std::pair("trusted.l", "1")));
}

TEST_F(LayerWalkTest, PipesAndDevicesAreNotOpened) {
  shell("cd " + directory_.path() + " && mkfifo pipe && mknod null c 1 3");
  EXPECT_EQ(walked(directory_.path()).entries.size(), 3u);
}

TEST_F(LayerWalkTest, AMissingDirectoryIsNotFound) {
  EXPECT_FAULT(walkLayerDirectory(at("none"), [](auto&, auto&) { return llvm::Error::success(); }),
               FaultKind::NotFound);
}

TEST_F(LayerWalkTest, TheVisitorsFaultStopsTheWalk) {
  shell("cd " + directory_.path() + " && touch a b");
  EXPECT_FAULT(walkLayerDirectory(directory_.path(), [](auto&, auto&) { return fault(FaultKind::Cancelled, "stop"); }),
               FaultKind::Cancelled);
}

TEST_F(LayerWalkTest, ManyThreadsReadTheSameBytes) {
  RandomTree tree(directory_.path(), 42);
  std::string once = tarOfDirectory(directory_.path());
  std::vector<Digest> digests(16);
  std::vector<std::thread> threads;
  for (Digest& digest : digests)
    threads.emplace_back([&] {
      HashingSink sink;
      LayerTarWriter writer(sink);
      must(walkLayerDirectory(directory_.path(), [&](const LayerEntry& entry, ByteSource& content) {
        return writer.add(entry, entry.kind == EntryKind::File ? &content : nullptr);
      }));
      must(writer.finish());
      digest = sink.finish();
    });
  for (std::thread& thread : threads) thread.join();
  for (const Digest& digest : digests) EXPECT_EQ(digest, digestOf(once));
}

}  // namespace
}  // namespace strata::layerfs::testing

#include "builder/solve/layer_tree.h"

#include "layerfs/store.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace strata::builder {
namespace {
using testing::must;
using testing::writeFile;

/// Layers of a real store, each filled by a function.
class LayerTreeTest : public ::testing::Test {
protected:
  using Fill = llvm::function_ref<void(const std::string& root)>;

  std::shared_ptr<layerfs::Layer> makeLayer(Fill fill) {
    auto draft = must(store_->layers().makeDraft());
    fill(draft.upper());
    return must(store_->layers().publish(std::move(draft)));
  }
  Digest treeOf(layerfs::Layer& layer, TreeDepth depth) { return must(treeOfLayer(layer, depth, *trees_, never_)); }
  Digest contentOf(Fill fill) { return treeOf(*makeLayer(fill), TreeDepth::Content); }
  Digest shapeOf(Fill fill) { return treeOf(*makeLayer(fill), TreeDepth::Shape); }

  static void plain(const std::string& root) {
    writeFile(root + "/etc/conf", "text");
    writeFile(root + "/etc/other", "text");
  }
  /// A layer like plain() but for what `change` does must differ in both depths (`seenInShape`), or in content alone.
  void expectDifferent(Fill change, bool seenInShape = true) {
    auto changed = [&](const std::string& root) {
      plain(root);
      change(root);
    };
    EXPECT_NE(contentOf(plain), contentOf(changed));
    EXPECT_EQ(shapeOf(plain) != shapeOf(changed), seenInShape);
  }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<layerfs::Store> store_ = must(layerfs::Store::open({.root = directory_.path() + "/store"}));
  std::unique_ptr<TreeStore> trees_ = must(TreeStore::open(store_->database()));
  CancelToken never_;
};

TEST_F(LayerTreeTest, TimesMakeNoDifference) {
  Digest first = contentOf(plain);
  Digest second = contentOf([](const std::string& root) {
    plain(root);
    timespec old[2] = {{1000, 5}, {1000, 5}};
    for (const char* path : {"/etc/conf", "/etc", ""})
      ASSERT_EQ(::utimensat(AT_FDCWD, (root + path).c_str(), old, 0), 0);
  });
  EXPECT_EQ(first, second);
}

TEST_F(LayerTreeTest, AnythingElseDoes) {
  expectDifferent([](const std::string& root) { ::chmod((root + "/etc/conf").c_str(), 0600); });
  expectDifferent([](const std::string& root) { ::chmod((root + "/etc").c_str(), 01777); });
  expectDifferent([](const std::string& root) { ::setxattr((root + "/etc/conf").c_str(), "user.mark", "1", 1, 0); });
  expectDifferent([](const std::string& root) { ::mkdir((root + "/etc/empty").c_str(), 0755); });
  expectDifferent([](const std::string& root) { ::unlink((root + "/etc/other").c_str()); });
  expectDifferent([](const std::string& root) { writeFile(root + "/etc/conf", "longer text"); });
  expectDifferent([](const std::string& root) { ::mkfifo((root + "/etc/pipe").c_str(), 0644); });
  expectDifferent([](const std::string& root) { ASSERT_EQ(::symlink("conf", (root + "/etc/link").c_str()), 0); });
  expectDifferent([](const std::string& root) { writeFile(root + "/etc/conf", "TEXT"); }, /*seenInShape=*/false);
}

TEST_F(LayerTreeTest, AHardLinkIsNoCopy) {
  expectDifferent([](const std::string& root) {
    ASSERT_EQ(::unlink((root + "/etc/other").c_str()), 0);
    ASSERT_EQ(::link((root + "/etc/conf").c_str(), (root + "/etc/other").c_str()), 0);
  });
}

TEST_F(LayerTreeTest, OwnersDevicesAndRemovalsCount) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make devices and give files away";
  expectDifferent([](const std::string& root) { ASSERT_EQ(::chown((root + "/etc/conf").c_str(), 7, 0), 0); });
  auto device = [](unsigned minor) {
    return [minor](const std::string& root) {
      ASSERT_EQ(::mknod((root + "/node").c_str(), S_IFCHR | 0644, makedev(1, minor)), 0);
    };
  };
  EXPECT_EQ(contentOf(device(3)), contentOf(device(3)));
  EXPECT_NE(contentOf(device(3)), contentOf(device(5)));
  auto whiteout = [](const std::string& root) { ASSERT_EQ(::mknod((root + "/node").c_str(), S_IFCHR, 0), 0); };
  EXPECT_NE(contentOf(whiteout), contentOf([](const std::string& root) { writeFile(root + "/node", ""); }));
  auto opaque = [](const std::string& root) {
    plain(root);
    ASSERT_EQ(::setxattr((root + "/etc").c_str(), "trusted.overlay.opaque", "y", 1, 0), 0);
  };
  EXPECT_EQ(contentOf(opaque), contentOf(opaque));
  EXPECT_NE(contentOf(opaque), contentOf(plain));
}

TEST_F(LayerTreeTest, ATarOfTheSameFilesHasTheSameTree) {
  auto fill = [](const std::string& root) {
    plain(root);
    writeFile(root + "/etc-d/file", "sorts between etc and etc/conf by bytes");
    writeFile(root + "/a/b/c/deep", "");
    ASSERT_EQ(::link((root + "/etc/conf").c_str(), (root + "/z").c_str()), 0);
    ASSERT_EQ(::symlink("nowhere", (root + "/a/link").c_str()), 0);
  };
  auto layer = makeLayer(fill);
  StringSink tar;
  must(layer->writeTar(tar));
  auto other = must(layerfs::Store::open({.root = directory_.path() + "/other"}));
  StringSource source(tar.text);
  auto loaded = must(other->layers().addTar(source));
  EXPECT_EQ(treeOf(*loaded, TreeDepth::Content), treeOf(*layer, TreeDepth::Content));
  EXPECT_EQ(treeOf(*loaded, TreeDepth::Shape), treeOf(*layer, TreeDepth::Shape));
}

TEST_F(LayerTreeTest, TheOrderOfATarDoesNotMatter) {
  auto treeOfTar = [&](llvm::ArrayRef<const char*> paths) {
    StringSink tar;
    layerfs::LayerTarWriter writer(tar);
    for (const char* path : paths) must(writer.add({.path = path, .mode = 0644}, nullptr));
    must(writer.finish());
    StringSource source(tar.text);
    return treeOf(*must(store_->layers().addTar(source)), TreeDepth::Content);
  };
  EXPECT_EQ(treeOfTar({"b", "a"}), treeOfTar({"a", "b"}));
  EXPECT_NE(treeOfTar({"b", "a"}), treeOfTar({"a"}));
}

TEST_F(LayerTreeTest, DifferencesAreNamed) {
  auto changed = [](const std::string& root) {
    plain(root);
    writeFile(root + "/etc/conf", "TEXT");
    writeFile(root + "/etc/other", "longer text");
    ::mkdir((root + "/new").c_str(), 0755);
  };
  auto pathsOf = [&](const Digest& before, const Digest& after) {
    std::vector<std::string> paths;
    for (const TreeChange& change : must(diffTrees(*trees_, before, after))) paths.push_back(change.path);
    return paths;
  };
  EXPECT_THAT(pathsOf(contentOf(plain), contentOf(changed)), ::testing::ElementsAre("etc/conf", "etc/other", "new"));
  EXPECT_THAT(pathsOf(shapeOf(plain), shapeOf(changed)), ::testing::ElementsAre("etc/other", "new"));
}

TEST_F(LayerTreeTest, StopsWhenAsked) {
  auto layer = makeLayer(plain);
  CancelToken stopped;
  stopped.cancel();
  EXPECT_FAULT(treeOfLayer(*layer, TreeDepth::Content, *trees_, stopped), FaultKind::Cancelled);
}

}  // namespace
}  // namespace strata::builder

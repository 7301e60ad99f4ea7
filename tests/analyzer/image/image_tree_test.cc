#include "analyzer/image/image_tree.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using layerfs::EntryKind;
using layerfs::LayerEntry;
using Action = ImageTree::Action;
using ::testing::ElementsAre;

class ImageTreeTest : public ::testing::Test {
protected:
  ImageTree::ChangeId add(const std::string& path, EntryKind kind = EntryKind::File, uint32_t mode = 0644,
                          uint64_t size = 0) {
    return tree_.add(LayerEntry{.path = path, .kind = kind, .mode = mode, .size = size});
  }
  ImageTree::ChangeId addFile(const std::string& path, uint64_t size) { return add(path, EntryKind::File, 0644, size); }
  /// Of the topmost layer; `modified` counts metadata too.
  void expect(uint64_t added, uint64_t modified, uint64_t removed) {
    LayerCounts counts = countsOf(tree_).back();
    EXPECT_EQ(counts.added, added);
    EXPECT_EQ(counts.modified + counts.metadata, modified);
    EXPECT_EQ(counts.removed, removed);
  }
  /// etc, etc/a, etc/sub, etc/sub/b
  void addBase() {
    tree_.beginLayer();
    add("", EntryKind::Directory, 0755);
    add("etc", EntryKind::Directory, 0755);
    addFile("etc/a", 10);
    add("etc/sub", EntryKind::Directory, 0755);
    addFile("etc/sub/b", 20);
    expect(4, 0, 0);
    tree_.beginLayer();
  }
  bool sees(const std::string& path) {
    ImageTree::PathId id = tree_.find(path);
    return id != ImageTree::kNone && tree_.isVisible(id);
  }
  uint64_t sizeOf(const std::vector<uint64_t>& sizes, const std::string& path) { return sizes[tree_.find(path)]; }

  ImageTree tree_;
};

TEST_F(ImageTreeTest, ParentsThatComeAlongAreNoChange) {
  addBase();
  add("etc", EntryKind::Directory, 0755);
  add("etc/new");
  expect(1, 0, 0);
  EXPECT_EQ(tree_.change(tree_.lastChange(tree_.find("etc"))).action, Action::Unchanged);
}

TEST_F(ImageTreeTest, AFileBroughtAgainAndADirectoryOfAnotherModeAreModified) {
  addBase();
  add("etc", EntryKind::Directory, 0700);
  addFile("etc/a", 11);
  expect(0, 2, 0);
  EXPECT_EQ(countsOf(tree_).back().metadata, 1u);
}

TEST_F(ImageTreeTest, ALinkBroughtAgainIsModifiedOnlyWithAnotherTarget) {
  addBase();
  tree_.add({.path = "l", .kind = EntryKind::Symlink, .linkTarget = "a"});
  tree_.add({.path = "m", .kind = EntryKind::Symlink, .linkTarget = "a"});
  tree_.beginLayer();
  auto same = tree_.add({.path = "l", .kind = EntryKind::Symlink, .linkTarget = "a"});
  auto other = tree_.add({.path = "m", .kind = EntryKind::Symlink, .linkTarget = "b"});
  EXPECT_EQ(tree_.change(same).action, Action::Metadata);
  EXPECT_EQ(tree_.change(other).action, Action::Modified);
}

TEST_F(ImageTreeTest, AWhiteoutRemovesEverythingBelow) {
  addBase();
  auto removal = add("etc/sub", EntryKind::Whiteout);
  expect(0, 0, 2);
  EXPECT_TRUE(tree_.change(removal).marked);
  EXPECT_EQ(tree_.change(removal).size, 20u);
  auto below = tree_.lastChange(tree_.find("etc/sub/b"));
  EXPECT_TRUE(tree_.change(below).isRemoval());
  EXPECT_FALSE(tree_.change(below).marked);
  EXPECT_FALSE(sees("etc/sub"));
  EXPECT_FALSE(sees("etc/sub/b"));
  tree_.beginLayer();
  add("etc/sub", EntryKind::Directory, 0755);
  expect(1, 0, 0);
  EXPECT_TRUE(sees("etc/sub"));
  EXPECT_FALSE(sees("etc/sub/b"));
}

TEST_F(ImageTreeTest, AnOpaqueDirectoryKeepsWhatItsOwnLayerBrought) {
  addBase();
  add("etc", EntryKind::Directory, 0755);
  add("etc/first");
  add("etc", EntryKind::Opaque);
  add("etc/second");
  expect(2, 0, 3);
  tree_.beginLayer();
  add("etc/first");
  add("etc/a");
  expect(1, 1, 0);
}

TEST_F(ImageTreeTest, AFileInThePlaceOfADirectoryHidesIt) {
  addBase();
  add("etc", EntryKind::Symlink);
  expect(0, 1, 3);
  EXPECT_FALSE(sees("etc/sub/b"));
}

TEST_F(ImageTreeTest, RemovingWhatIsNotThereIsNothing) {
  addBase();
  EXPECT_EQ(add("usr", EntryKind::Whiteout), ImageTree::kNone);
  EXPECT_EQ(add("etc/none", EntryKind::Whiteout), ImageTree::kNone);
  EXPECT_EQ(add("usr", EntryKind::Opaque), ImageTree::kNone);
  EXPECT_EQ(add("", EntryKind::Whiteout), ImageTree::kNone);
  expect(0, 0, 0);
  add("etc/a", EntryKind::Whiteout);
  add("etc/a", EntryKind::Whiteout);
  expect(0, 0, 1);
}

TEST_F(ImageTreeTest, ARemovalInTheLayerThatBringsThePathConcernsLowerLayersAlone) {
  addBase();
  addFile("etc/a", 5);
  add("etc/a", EntryKind::Whiteout);
  EXPECT_TRUE(sees("etc/a"));
  tree_.beginLayer();
  add("etc/a", EntryKind::Whiteout);
  addFile("etc/a", 6);
  expect(1, 0, 1);
  EXPECT_EQ(tree_.change(tree_.visibleChange(tree_.find("etc/a"))).size, 6u);
}

TEST_F(ImageTreeTest, SizesAreSummedUpForTheWholeAndForALayer) {
  addBase();
  addFile("etc/a", 100);
  addFile("usr/lib/x", 7);  // directories that no layer names
  EXPECT_EQ(sizeOf(tree_.visibleSizes(), ""), 127u);
  EXPECT_EQ(sizeOf(tree_.visibleSizes(), "etc"), 120u);
  EXPECT_EQ(sizeOf(tree_.layerSizes(0), ""), 30u);
  EXPECT_EQ(sizeOf(tree_.layerSizes(0), "etc/sub"), 20u);
  EXPECT_EQ(sizeOf(tree_.layerSizes(1), "usr"), 7u);
  EXPECT_TRUE(sees("usr/lib"));
  EXPECT_EQ(tree_.visibleChange(tree_.find("usr/lib")), ImageTree::kNone);
}

TEST_F(ImageTreeTest, OfSeveralEntriesWithOnePathInALayerTheLastCounts) {
  tree_.beginLayer();
  addFile("a", 1);
  addFile("./a", 2);
  addFile("a//", 3);
  EXPECT_EQ(tree_.changeCount(), 1u);
  EXPECT_EQ(tree_.change(0).size, 3u);
  EXPECT_EQ(tree_.change(0).before, ImageTree::kNone);
}

TEST_F(ImageTreeTest, PathsThatLeaveTheTreeAreNoPaths) {
  tree_.beginLayer();
  EXPECT_EQ(addFile("../etc/passwd", 1), ImageTree::kNone);
  EXPECT_EQ(addFile("a/../../b", 1), ImageTree::kNone);
  EXPECT_EQ(tree_.add({.path = "x/..", .kind = EntryKind::Whiteout}), ImageTree::kNone);
  auto link = tree_.add({.path = "l", .kind = EntryKind::Hardlink, .linkTarget = "../../etc/shadow"});
  EXPECT_EQ(tree_.change(link).target, ImageTree::kNone);
  EXPECT_NE(addFile("a..b/..c", 1), ImageTree::kNone);
  EXPECT_EQ(tree_.find("etc/passwd"), ImageTree::kNone);
}

TEST_F(ImageTreeTest, FilesBelowALinkAndPathsOfTwoThousandNamesAreHeldAsTheyCome) {
  std::string deep = "d";
  for (int level = 0; level < 2000; ++level) deep += "/d";
  tree_.beginLayer();
  add("link", EntryKind::Symlink);
  addFile("link/below", 4);
  addFile(deep, 5);
  tree_.beginLayer();
  EXPECT_EQ(tree_.pathOf(tree_.find(deep)), deep);
  add("d", EntryKind::Whiteout);
  EXPECT_FALSE(sees(deep));
  EXPECT_EQ(sizeOf(tree_.visibleSizes(), ""), 4u);
}

TEST_F(ImageTreeTest, TenThousandPathsAreFoundAgain) {
  tree_.beginLayer();
  for (int file = 0; file < 10'000; ++file) addFile("d" + std::to_string(file % 97) + "/f" + std::to_string(file), 1);
  EXPECT_EQ(tree_.pathCount(), 10'000u + 97 + 1);
  for (int file = 0; file < 10'000; file += 7) {
    std::string path = "d" + std::to_string(file % 97) + "/f" + std::to_string(file);
    ASSERT_NE(tree_.find(path), ImageTree::kNone) << path;
    EXPECT_EQ(tree_.pathOf(tree_.find(path)), path);
  }
  EXPECT_EQ(sizeOf(tree_.visibleSizes(), ""), 10'000u);
}

}  // namespace
}  // namespace strata::analyzer

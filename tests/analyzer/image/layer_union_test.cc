#include "analyzer/image/layer_union.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using layerfs::EntryKind;
using layerfs::LayerEntry;

class LayerUnionTest : public ::testing::Test {
protected:
  void add(const std::string& path, EntryKind kind = EntryKind::File, uint32_t mode = 0644) {
    union_.add(LayerEntry{.path = path, .kind = kind, .mode = mode});
  }
  void expect(uint64_t added, uint64_t modified, uint64_t removed) {
    EXPECT_EQ(union_.counts().added, added);
    EXPECT_EQ(union_.counts().modified, modified);
    EXPECT_EQ(union_.counts().removed, removed);
  }
  /// etc, etc/a, etc/sub, etc/sub/b
  void addBase() {
    union_.beginLayer();
    add("", EntryKind::Directory, 0755);
    add("etc", EntryKind::Directory, 0755);
    add("etc/a");
    add("etc/sub", EntryKind::Directory, 0755);
    add("etc/sub/b");
    expect(4, 0, 0);
    union_.beginLayer();
  }
  LayerUnion union_;
};

TEST_F(LayerUnionTest, ParentsThatComeAlongAreNoChange) {
  addBase();
  add("etc", EntryKind::Directory, 0755);
  add("etc/new");
  expect(1, 0, 0);
}

TEST_F(LayerUnionTest, AFileBroughtAgainAndADirectoryOfAnotherModeAreModified) {
  addBase();
  add("etc", EntryKind::Directory, 0700);
  add("etc/a");
  expect(0, 2, 0);
}

TEST_F(LayerUnionTest, AWhiteoutRemovesEverythingBelow) {
  addBase();
  add("etc/sub", EntryKind::Whiteout);
  expect(0, 0, 2);
  union_.beginLayer();
  add("etc/sub", EntryKind::Directory, 0755);
  expect(1, 0, 0);
}

TEST_F(LayerUnionTest, AnOpaqueDirectoryKeepsWhatItsOwnLayerBrought) {
  addBase();
  add("etc", EntryKind::Directory, 0755);
  add("etc/first");
  add("etc", EntryKind::Opaque);
  add("etc/second");
  expect(2, 0, 3);
  union_.beginLayer();
  add("etc/first");
  add("etc/a");
  expect(1, 1, 0);
}

TEST_F(LayerUnionTest, AFileInThePlaceOfADirectoryHidesIt) {
  addBase();
  add("etc", EntryKind::Symlink);
  expect(0, 1, 3);
}

TEST_F(LayerUnionTest, RemovingWhatIsNotThereIsNothing) {
  addBase();
  add("usr", EntryKind::Whiteout);
  add("etc/none", EntryKind::Whiteout);
  add("usr", EntryKind::Opaque);
  expect(0, 0, 0);
}

}  // namespace
}  // namespace strata::analyzer

#include "analyzer/report/tree_text.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using layerfs::EntryKind;

class TreeTextTest : public ::testing::Test {
protected:
  TreeTextTest() {
    tree_.beginLayer();
    add("etc", EntryKind::Directory);
    add("etc/motd", EntryKind::File, 10);
    add("etc/large", EntryKind::File, 2000);
    add("usr/bin/x\x1b", EntryKind::File, 300);
    add("link", EntryKind::Symlink);
    tree_.beginLayer();
    add("etc", EntryKind::Directory);
    add("etc/motd", EntryKind::File, 20);
    add("etc/large", EntryKind::Whiteout);
    add("new", EntryKind::File, 5);
  }
  void add(const std::string& path, EntryKind kind, uint64_t size = 0) {
    tree_.add({.path = path, .kind = kind, .mode = 0755, .size = size, .linkTarget = "t"});
  }
  ImageTree tree_;
};

TEST_F(TreeTextTest, TheWholeIsWhatAContainerSeesTheLargestFirst) {
  EXPECT_EQ(printTree(tree_, {}),
            "    325B  /\n"
            "    300B    usr/\n"
            "    300B      bin/\n"
            "    300B        x\\x1b\n"
            "     20B    etc/\n"
            "     20B      motd\n"
            "      5B    new\n"
            "      0B    link@\n");
}

TEST_F(TreeTextTest, OfALayerEachLineSaysWhatItDid) {
  EXPECT_EQ(printTree(tree_, {.layer = 1}),
            "       25B  /\n"
            "       20B    etc/\n"
            "~      20B      motd\n"
            "-               large\n"
            "+       5B    new\n");
}

TEST_F(TreeTextTest, NoMoreLevelsThanAskedFor) {
  EXPECT_EQ(printTree(tree_, {.layer = 0, .depth = 1}),
            "    2.31kB  /\n"
            "+   2.01kB    etc/\n"
            "      300B    usr/\n"
            "+       0B    link@\n");
}

TEST_F(TreeTextTest, APathOfTwoThousandNamesIsPrinted) {
  std::string deep = "d";
  for (int level = 0; level < 1900; ++level) deep += "/d";
  add(deep, EntryKind::File, 1);
  EXPECT_GT(printTree(tree_, {}).size(), 1900u * 1900);
}

}  // namespace
}  // namespace strata::analyzer

#include "builder/context/parents.h"

#include "builder/context/source_tree.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace strata::builder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::must;

TEST(SplitAtPivot, COPY_44_COPY_45_TheFirstPivotSplits) {
  auto split = [](llvm::StringRef source) {
    PivotedSource parts = splitAtPivot(source);
    return parts.base + "|" + parts.pattern;
  };
  EXPECT_EQ(split("x/./y/*.txt"), "x|y/*.txt");
  EXPECT_EQ(split("*/./y"), "*|y");
  EXPECT_EQ(split("x/y/./z/./f"), "x/y|z/f") << "only the first one counts";
  EXPECT_EQ(split("x/y/."), "|x/y") << "at the end it is none";
  EXPECT_EQ(split("x/y/./"), "|x/y");
  EXPECT_EQ(split("./x/y"), "|x/y") << "what leads is ignored";
  EXPECT_EQ(split("/x"), "|x");
  EXPECT_EQ(split("../x/./../y"), "x|y");
}

class ParentsTest : public ::testing::Test {
protected:
  ParentsTest() {
    for (const char* path : {"x/a.txt", "x/y/b.txt", "x/y/z/c.txt", "x/y/d.md", "w/y/e.txt", "top.txt"})
      testing::writeFile(at(path), path);
    root_ = must(openFile(at(""), O_RDONLY | O_DIRECTORY));
    open("");
  }
  std::string at(const std::string& path) const { return directory_.path() + "/context/" + path; }
  void open(llvm::StringRef ignore) {
    tree_ = std::make_unique<SourceTree>(SourceTree::Options{
        .rootFd = root_.get(), .shownRoot = "context", .ignore = must(IgnoreMatcher::parse(ignore))});
  }
  llvm::Expected<Selection> trySelect(std::vector<std::string> sources, std::vector<std::string> excludes = {}) {
    return tree_->select(sources, {.excludes = std::move(excludes), .parents = true}, *trees_, cancel_);
  }
  /// Paths of all files and of directories without any, below their bases.
  std::vector<std::string> taken(std::vector<std::string> sources, std::vector<std::string> excludes = {}) {
    selection_ = must(trySelect(std::move(sources), std::move(excludes)));
    std::vector<std::string> paths;
    for (const SelectedSource& source : selection_.sources) add(*source.node, "", paths);
    return paths;
  }
  static void add(const SourceNode& node, const std::string& path, std::vector<std::string>& paths) {
    if (node.children.empty()) paths.push_back(path);
    for (const auto& child : node.children)
      add(*child, path.empty() ? child->entry.name : path + "/" + child->entry.name, paths);
  }

  TempDir directory_ = testing::makeTempDir();
  UniqueFd root_;
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/db"));
  std::unique_ptr<TreeStore> trees_ = must(TreeStore::open(*database_));
  std::unique_ptr<SourceTree> tree_;
  Selection selection_;
  CancelToken cancel_;
};

TEST_F(ParentsTest, COPY_44_TheWholePathIsKept) {
  EXPECT_THAT(taken({"x/a.txt", "./w/y/e.txt"}), ElementsAre("x/a.txt", "w/y/e.txt"));
  EXPECT_THAT(taken({"x/y"}), ElementsAre("x/y/b.txt", "x/y/d.md", "x/y/z/c.txt"));
}

TEST_F(ParentsTest, COPY_45_OnlyWhatIsRightOfThePivotIsKept) {
  EXPECT_THAT(taken({"x/./y/*.txt"}), ElementsAre("y/b.txt"));
  EXPECT_THAT(taken({"*/./y/*.txt"}), ElementsAre("y/e.txt", "y/b.txt")) << "each base by itself, in their order";
}

TEST_F(ParentsTest, COPY_46_PatternsAreThoseOfDockerignore) {
  EXPECT_THAT(taken({"**/*.txt"}), ElementsAre("top.txt", "w/y/e.txt", "x/a.txt", "x/y/b.txt", "x/y/z/c.txt"));
  EXPECT_THAT(taken({"x/**/z"}), ElementsAre("x/y/z/c.txt")) << "a directory brings all that is below";
  EXPECT_THAT(taken({"*/?/*.md"}), ElementsAre("x/y/d.md"));
  EXPECT_THAT(taken({"[w]/**"}), ElementsAre("w/y/e.txt"));
}

TEST_F(ParentsTest, COPY_47_DirectoriesOnTheWayKeepTheirMetadata) {
  ASSERT_EQ(::chmod(at("x").c_str(), 0710), 0);
  ASSERT_EQ(::chmod(at("x/y").c_str(), 02750), 0);
  taken({"x/y/z/*"});
  const SourceNode& x = *selection_.sources[0].node->children[0];
  EXPECT_EQ(x.entry.mode, 0710u);
  EXPECT_EQ(x.children[0]->entry.mode, 02750u);
  EXPECT_THAT(taken({"**/*.md"}), ElementsAre("x/y/d.md")) << "no directory without a match";
}

TEST_F(ParentsTest, COPY_48_OnlyASourceWithoutWildcardsMustBeThere) {
  EXPECT_FAULT_SAYING(trySelect({"x/none"}), FaultKind::NotFound, "\"/x/none\": not found");
  EXPECT_FAULT_SAYING(trySelect({"x/./y/none"}), FaultKind::NotFound, "\"/x/y/none\": not found");
  EXPECT_FAULT_SAYING(trySelect({"none/./y"}), FaultKind::NotFound, "\"/none/y\": not found");
  EXPECT_THAT(taken({"x/./*.none"}), ElementsAre("")) << "an empty directory: the destination is made";
  EXPECT_THAT(taken({"none/./*"}), ElementsAre(""));
  EXPECT_THAT(taken({"no*/./x"}), IsEmpty());
}

TEST_F(ParentsTest, COPY_50_ExcludesAreRelativeToTheBase) {
  EXPECT_THAT(taken({"x/./y"}, {"y/z"}), ElementsAre("y/b.txt", "y/d.md"));
  EXPECT_THAT(taken({"x/y"}, {"y/z"}), ElementsAre("x/y/b.txt", "x/y/d.md", "x/y/z/c.txt"));
}

TEST_F(ParentsTest, LinksBelowTheBaseAreCopiedNotFollowed) {
  ASSERT_EQ(::symlink("y", at("x/link").c_str()), 0);
  EXPECT_THAT(taken({"x/l*"}), ElementsAre("x/link"));
  EXPECT_EQ(selection_.sources[0].node->children[0]->children[0]->entry.linkTarget, "y");
  EXPECT_FAULT(trySelect({"x/link/b.txt"}), FaultKind::NotFound);
}

TEST_F(ParentsTest, IgnoredFilesAreNotFound) {
  open("x/y\n!x/y/z\n");
  EXPECT_THAT(taken({"**/*.txt"}), ElementsAre("top.txt", "w/y/e.txt", "x/a.txt", "x/y/z/c.txt"));
  EXPECT_FAULT(trySelect({"x/y/b.txt"}), FaultKind::NotFound);
}

TEST_F(ParentsTest, OnlyWhatMatchesIsRead) {
  taken({"*/*.txt"});
  EXPECT_EQ(tree_->statistics().filesRead, 1u);
}

}  // namespace
}  // namespace strata::builder

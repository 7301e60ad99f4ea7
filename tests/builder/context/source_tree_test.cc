#include "builder/context/source_tree.h"

#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <fstream>
#include <thread>

namespace strata::builder {
namespace {

using layerfs::EntryKind;
using testing::must;
using testing::writeFile;

class SourceTreeTest : public ::testing::Test {
protected:
  SourceTreeTest() { must(makeDirectories(root())); }
  std::string root() const { return directory_.path() + "/context"; }
  std::string at(const std::string& path) const { return root() + "/" + path; }
  void file(const std::string& path, llvm::StringRef text, mode_t mode = 0644) { writeFile(at(path), text, mode); }
  void link(const std::string& target, const std::string& path) {
    ASSERT_EQ(::symlink(target.c_str(), at(path).c_str()), 0);
  }

  std::unique_ptr<SourceTree> open(llvm::StringRef ignore = "", bool squash = true, bool indexed = true) {
    fds_.push_back(must(openFile(root(), O_RDONLY | O_DIRECTORY)));
    SourceTree::Options options{.rootFd = fds_.back().get(), .shownRoot = "the context", .squashOwner = squash};
    options.ignore = must(IgnoreMatcher::parse(ignore));
    if (indexed) options.statIndexPath = directory_.path() + "/index";
    return std::make_unique<SourceTree>(std::move(options));
  }
  llvm::Expected<Selection> trySelect(SourceTree& tree, std::vector<std::string> sources,
                                      std::vector<std::string> excludes = {}) {
    return tree.select(sources, {.excludes = std::move(excludes)}, *trees_, cancel_);
  }
  Selection select(SourceTree& tree, std::vector<std::string> sources, std::vector<std::string> excludes = {}) {
    return must(trySelect(tree, std::move(sources), std::move(excludes)));
  }
  /// Of a fresh tree: as the next build would see it.
  Digest digestNow(std::vector<std::string> sources, llvm::StringRef ignore = "") {
    auto tree = open(ignore);
    return select(*tree, std::move(sources)).tree;
  }
  static std::vector<std::string> names(const SourceNode& node) {
    std::vector<std::string> out;
    for (const auto& child : node.children) out.push_back(child->entry.name);
    return out;
  }
  static std::vector<std::string> paths(const Selection& selection) {
    std::vector<std::string> out;
    for (const auto& source : selection.sources) out.push_back(source.path);
    return out;
  }
  /// Longer than any clock tick: what was written before is no longer racy.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(25)); }

  TempDir directory_ = testing::makeTempDir();
  std::vector<UniqueFd> fds_;
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/db"));
  std::unique_ptr<TreeStore> trees_ = must(TreeStore::open(*database_));
  CancelToken cancel_;
};

TEST_F(SourceTreeTest, COPY_5_PathsAreNormalisedAndStayInside) {
  file("d/f", "x");
  writeFile(directory_.path() + "/secret", "s");
  auto tree = open();
  for (const char* path : {"d/f", "/d/f", "./d//f", "d/x/../f", "../../d/f", "d/f/", "d/f/."})
    EXPECT_THAT(paths(select(*tree, {path})), ::testing::ElementsAre("d/f")) << path;
  EXPECT_FAULT(trySelect(*tree, {"../secret"}), FaultKind::NotFound);
  EXPECT_EQ(select(*tree, {"."}).sources[0].path, "");
  EXPECT_EQ(select(*tree, {"/"}).sources[0].baseName, "");
}

TEST_F(SourceTreeTest, COPY_6_LinksInASourcePathAreFollowedInside) {
  file("real/f", "content");
  link("real", "dir");
  link("/real/f", "absolute");
  link("../../../../etc", "escape");
  auto tree = open();
  EXPECT_THAT(paths(select(*tree, {"dir/f"})), ::testing::ElementsAre("real/f"));
  auto selection = select(*tree, {"absolute"});
  EXPECT_EQ(selection.sources[0].path, "real/f");
  EXPECT_EQ(selection.sources[0].baseName, "absolute");
  EXPECT_EQ(selection.sources[0].node->entry.content, digestOf("content"));
  EXPECT_FAULT(trySelect(*tree, {"escape/passwd"}), FaultKind::NotFound);
}

TEST_F(SourceTreeTest, COPY_7_LinksInsideADirectoryStayLinks) {
  file("d/f", "x");
  link("nowhere", "d/dangling");
  auto tree = open();
  const SourceNode& node = *select(*tree, {"d"}).sources[0].node;
  ASSERT_EQ(names(node), (std::vector<std::string>{"dangling", "f"}));
  EXPECT_EQ(node.children[0]->entry.kind, EntryKind::Symlink);
  EXPECT_EQ(node.children[0]->entry.linkTarget, "nowhere");
}

TEST_F(SourceTreeTest, Err7AMissingSourceSaysWhatHelps) {
  file("package.json", "{}");
  file("src/main.c", "x");
  file("debug.log", "x");
  link("gone", "broken");
  auto tree = open("# logs\n\n*.log\n");
  EXPECT_FAULT_SAYING(trySelect(*tree, {"pakage.json"}), FaultKind::NotFound, "\"/pakage.json\": not found");
  EXPECT_FAULT_SAYING(trySelect(*tree, {"pakage.json"}), FaultKind::NotFound, "did you mean \"package.json\"?");
  EXPECT_FAULT_SAYING(trySelect(*tree, {"debug.log"}), FaultKind::NotFound, "excluded by .dockerignore:3 '*.log'");
  EXPECT_FAULT_SAYING(trySelect(*tree, {"src/main.h"}), FaultKind::NotFound, "did you mean \"src/main.c\"?");
  EXPECT_FAULT_SAYING(trySelect(*tree, {"something/else"}), FaultKind::NotFound, "the context has 3 entries");
  EXPECT_FAULT_SAYING(trySelect(*tree, {"package.json/x"}), FaultKind::NotFound, "is no directory");
  EXPECT_FAULT_SAYING(trySelect(*tree, {"broken"}), FaultKind::NotFound, "is a link to \"/gone\"");
}

TEST_F(SourceTreeTest, COPY_9_COPY_10_COPY_11_WildcardsMatchComponentsInOrder) {
  for (const char* path : {"b.c", "a.c", "a.h", "sub/c.c", "sub/.hidden", "sub2/c.c", "b[1].c"}) file(path, path);
  auto tree = open();
  EXPECT_THAT(paths(select(*tree, {"*.c"})), ::testing::ElementsAre("a.c", "b.c", "b[1].c"));
  EXPECT_THAT(paths(select(*tree, {"sub*/c.c"})), ::testing::ElementsAre("sub/c.c", "sub2/c.c"));
  EXPECT_THAT(paths(select(*tree, {"sub/*"})), ::testing::ElementsAre("sub/.hidden", "sub/c.c"));
  EXPECT_THAT(paths(select(*tree, {"**/c.c"})), ::testing::ElementsAre("sub/c.c", "sub2/c.c"));
  EXPECT_THAT(paths(select(*tree, {"b[[]1].c"})), ::testing::ElementsAre("b[1].c"));
  EXPECT_THAT(paths(select(*tree, {"sub?"})), ::testing::ElementsAre("sub2"));
  EXPECT_FAULT(trySelect(*tree, {"[x"}), FaultKind::Invalid);
  EXPECT_FAULT(trySelect(*tree, {"nowhere/[x"}), FaultKind::Invalid);
}

TEST_F(SourceTreeTest, COPY_12_AWildcardThatMatchesNothingIsNoFault) {
  auto tree = open();
  EXPECT_TRUE(select(*tree, {"*.none", "no/where/*"}).sources.empty());
}

TEST_F(SourceTreeTest, COPY_13_AMatchedLinkKeepsItsName) {
  file("sub/subfile", "s");
  link("subfile", "sub/l0");
  link("../sub", "sub/l1");
  auto tree = open();
  auto selection = select(*tree, {"sub/l*"});
  ASSERT_EQ(selection.sources.size(), 2u);
  EXPECT_EQ(selection.sources[0].baseName, "l0");
  EXPECT_EQ(selection.sources[0].path, "sub/subfile");
  EXPECT_EQ(selection.sources[1].baseName, "l1");
  EXPECT_EQ(selection.sources[1].path, "sub");
}

TEST_F(SourceTreeTest, COPY_26_SpecialFilesAreNeverOpened) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX};
  std::strncpy(address.sun_path, at("socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
  auto local = open();
  const SourceNode& node = *select(*local, {"."}).sources[0].node;
  EXPECT_EQ(node.children[0]->entry.kind, EntryKind::Fifo);
  EXPECT_EQ(node.children[1]->entry.kind, EntryKind::File);
  EXPECT_EQ(node.children[1]->entry.content, digestOf(""));
  auto stage = open("", /*squash=*/false);
  EXPECT_EQ(select(*stage, {"."}).sources[0].node->children[1]->entry.kind, EntryKind::Socket);
}

TEST_F(SourceTreeTest, COPY_29_OnlyTheLocalContextLosesItsOwners) {
  file("f", "x");
  if (::chown(at("f").c_str(), 12, 34) != 0) GTEST_SKIP() << "needs root to give a file away";
  auto local = open();
  EXPECT_EQ(select(*local, {"f"}).sources[0].node->entry.uid, 0u);
  auto stage = open("", /*squash=*/false);
  EXPECT_EQ(select(*stage, {"f"}).sources[0].node->entry.uid, 12u);
  EXPECT_EQ(select(*stage, {"f"}).sources[0].node->entry.gid, 34u);
}

TEST_F(SourceTreeTest, COPY_49_PatternsCountInTheirOrderAndAreCleaned) {
  for (const char* path : {"d/a.txt", "d/b.md", "d/sub/c.txt"}) file(path, path);
  auto tree = open();
  auto left = [&](std::vector<std::string> excludes) { return names(*select(*tree, {"d"}, excludes).sources[0].node); };
  EXPECT_THAT(left({"*", "!a.txt"}), ::testing::ElementsAre("a.txt"));
  EXPECT_THAT(left({"!a.txt", "*"}), ::testing::IsEmpty());
  EXPECT_THAT(left({"**/*.txt", "b*"}), ::testing::ElementsAre("sub"));
  EXPECT_THAT(left({"./sub/"}), ::testing::ElementsAre("a.txt", "b.md"));
  EXPECT_THAT(left({"/a.txt"}), ::testing::ElementsAre("a.txt", "b.md", "sub")) << "a leading / matches nothing";
}

TEST_F(SourceTreeTest, COPY_50_ExcludesAreRelativeToEachDirectory) {
  for (const char* path : {"dir/x.mp3", "dir/y.txt", "dir/sub/x.mp3", "other/x.mp3"}) file(path, path);
  auto tree = open();
  auto selection = select(*tree, {"dir"}, {"*.mp3"});
  EXPECT_EQ(names(*selection.sources[0].node), (std::vector<std::string>{"sub", "y.txt"}));
  EXPECT_EQ(selection.files, 2u);
  EXPECT_NE(selection.tree, select(*tree, {"dir"}).tree);
  EXPECT_EQ(names(*select(*tree, {"dir"}, {"**/*.mp3", "!sub/x.mp3"}).sources[0].node->children[0]),
            (std::vector<std::string>{"x.mp3"}));
  EXPECT_TRUE(select(*tree, {"dir"}, {"**"}).sources[0].node->children.empty());
  EXPECT_EQ(select(*tree, {"dir/x.mp3"}, {"*.mp3"}).sources.size(), 1u);  // COPY-52
  EXPECT_FAULT(trySelect(*tree, {"dir"}, {"["}), FaultKind::Invalid);
}

TEST_F(SourceTreeTest, WhatIsExcludedDoesNotChangeTheDigest) {
  file("dir/keep", "k");
  file("dir/drop", "1");
  auto first = open();
  Digest before = select(*first, {"dir"}, {"drop"}).tree;
  file("dir/drop", "22");
  auto second = open();
  EXPECT_EQ(select(*second, {"dir"}, {"drop"}).tree, before);
}

TEST_F(SourceTreeTest, IGN_11_DirectoriesAreThereOnlyForWhatIsTakenBack) {
  for (const char* path : {"node_modules/keep/f", "node_modules/drop/f", "vendor/x", "src/a"}) file(path, path);
  auto tree = open("node_modules\n!node_modules/keep\nvendor\n!vendor/none\n");
  const SourceNode& root = *select(*tree, {"."}).sources[0].node;
  EXPECT_EQ(names(root), (std::vector<std::string>{"node_modules", "src"}));
  EXPECT_EQ(names(*root.children[0]), (std::vector<std::string>{"keep"}));
  auto again = open("node_modules\n!node_modules/keep\nvendor\n!vendor/none\n");
  EXPECT_EQ(select(*again, {"node_modules"}).sources.size(), 1u);
  EXPECT_FAULT(trySelect(*again, {"vendor"}), FaultKind::NotFound);
  EXPECT_FAULT(trySelect(*again, {"node_modules/drop/f"}), FaultKind::NotFound);
  EXPECT_EQ(select(*again, {"node_modules/keep/f"}).sources.size(), 1u);
  EXPECT_THAT(paths(select(*again, {"*"})), ::testing::ElementsAre("node_modules", "src"));
}

TEST_F(SourceTreeTest, IGN_14_IgnoredLinksAndTargetsAreNotFound) {
  file("secret", "s");
  file("plain", "p");
  link("secret", "toSecret");
  link("plain", "hiddenLink");
  auto tree = open("secret\nhiddenLink\n");
  EXPECT_FAULT(trySelect(*tree, {"toSecret"}), FaultKind::NotFound);
  EXPECT_FAULT(trySelect(*tree, {"hiddenLink"}), FaultKind::NotFound);
}

TEST_F(SourceTreeTest, IGN_15_IgnoredContentIsNeitherReadNorSeen) {
  file("src/a", "a");
  file("cache/big", "1");
  Digest before = digestNow({"."}, "cache");
  file("cache/big", "222");
  EXPECT_EQ(digestNow({"."}, "cache"), before);
}

/// This thread's file accesses as nobody's, whom modes concern also where the tests run as root.
class AsNobody {
public:
  AsNobody() { ::setfsuid(::geteuid() == 0 ? 65534 : ::geteuid()); }
  ~AsNobody() { ::setfsuid(::geteuid()); }
};

TEST_F(SourceTreeTest, IGN_15_UnreadableEntriesMatterOnlyIfTheyAreSelected) {
  ::chmod(directory_.path().c_str(), 0755);
  file("src/a", "a");
  file("private/x", "x");
  file("key", "k", 0600);
  ::chmod(at("private").c_str(), 0700);
  auto ignoring = open("private\n!private/none\nkey", true, false);
  auto reading = open("key", true, false);
  auto plain = open("private", true, false);
  AsNobody nobody;
  EXPECT_EQ(select(*ignoring, {"."}).files, 1u);
  EXPECT_FAULT_SAYING(trySelect(*reading, {"."}), FaultKind::Denied, "private");
  EXPECT_FAULT_SAYING(trySelect(*plain, {"key"}), FaultKind::Denied, "key");
}

TEST_F(SourceTreeTest, IGN_16_AnotherTypeOfEntryIsPickedUp) {
  file("thing/below", "x");
  Digest before = digestNow({"."});
  must(removeTree(at("thing")));
  file("thing", "x");
  EXPECT_NE(digestNow({"."}), before);
}

TEST_F(SourceTreeTest, CACHE_3_RenamingMissesAndOrderCounts) {
  file("a1", "same");
  Digest before = digestNow({"a*"});
  ASSERT_EQ(::rename(at("a1").c_str(), at("a2").c_str()), 0);
  EXPECT_NE(digestNow({"a*"}), before);
  file("b", "other");
  EXPECT_NE(digestNow({"a2", "b"}), digestNow({"b", "a2"}));
}

TEST_F(SourceTreeTest, CACHE_3_MatchesThatOverwriteEachOtherKeepTheirOrder) {
  file("a/x", "1");
  file("b/y", "2");
  Digest before = digestNow({"*/*"});
  must(removeTree(at("a")));
  must(removeTree(at("b")));
  file("a/y", "2");
  file("b/x", "1");
  EXPECT_NE(digestNow({"*/*"}), before);
}

TEST_F(SourceTreeTest, CACHE_4_TimesAreNoPartOfTheDigestButModesAre) {
  file("d/f", "x");
  Digest before = digestNow({"d"});
  timespec times[2] = {{1000, 0}, {1000, 0}};
  ::utimensat(AT_FDCWD, at("d/f").c_str(), times, 0);
  ::utimensat(AT_FDCWD, at("d").c_str(), times, 0);
  EXPECT_EQ(digestNow({"d"}), before);
  ::chmod(at("d/f").c_str(), 0755);
  EXPECT_NE(digestNow({"d"}), before);
  ::chmod(at("d/f").c_str(), 0644);
  EXPECT_EQ(digestNow({"d"}), before);
  ::chmod(at("d").c_str(), 0700);  // the directory itself is not what is copied
  EXPECT_EQ(digestNow({"d"}), before);
  EXPECT_NE(digestNow({"."}), before);
}

TEST_F(SourceTreeTest, CACHE_4_XattrsArePartOfTheDigest) {
  file("f", "x");
  settle();
  Digest before = digestNow({"f"});
  if (::setxattr(at("f").c_str(), "user.note", "v", 1, 0) != 0) GTEST_SKIP() << "no user xattrs on this file system";
  Digest after = digestNow({"f"});
  EXPECT_NE(after, before);
  auto tree = open();
  select(*tree, {"f"});
  settle();
  must(tree->saveIndex());
  EXPECT_EQ(digestNow({"f"}), after);
}

TEST_F(SourceTreeTest, CACHE_5_OtherFilesDoNotMatter) {
  file("a", "1");
  file("b", "1");
  Digest before = digestNow({"a"});
  file("b", "2");
  EXPECT_EQ(digestNow({"a"}), before);
}

TEST_F(SourceTreeTest, AnUnchangedTreeIsNotReadAgain) {
  for (int i = 0; i < 20; ++i) file("d" + std::to_string(i % 3) + "/f" + std::to_string(i), std::to_string(i));
  settle();
  auto first = open();
  Digest before = select(*first, {"."}).tree;
  EXPECT_EQ(first->statistics().filesRead, 20u);
  must(first->saveIndex());
  auto second = open();
  EXPECT_EQ(select(*second, {"."}).tree, before);
  EXPECT_EQ(second->statistics().filesRead, 0u);
  file("d1/f1", "changed");
  auto third = open();
  EXPECT_NE(select(*third, {"."}).tree, before);
  EXPECT_EQ(third->statistics().filesRead, 1u);
}

TEST_F(SourceTreeTest, TheIndexKeepsWhatThisBuildDidNotReach) {
  file("a/x", "1");
  file("b/y", "2");
  settle();
  auto first = open();
  select(*first, {"a", "b"});
  must(first->saveIndex());
  file("a/x", "11");
  settle();
  auto second = open();
  select(*second, {"a"});
  must(second->saveIndex());
  auto third = open();
  select(*third, {"a", "b", "b/y"});
  EXPECT_EQ(third->statistics().filesRead, 0u);
}

TEST_F(SourceTreeTest, ARacyFileIsReadAgain) {
  for (int round = 0; round < 50; ++round) {
    must(removeTree(directory_.path() + "/index"));
    // In place and of one size, so that only the time could tell; all within one tick of the clock if it can be.
    std::ofstream(at("f")) << "old" << round;
    auto first = open();
    select(*first, {"f"});
    must(first->saveIndex());
    std::string text = "new" + std::to_string(round);
    std::ofstream(at("f")) << text;
    auto second = open();
    EXPECT_EQ(select(*second, {"f"}).sources[0].node->entry.content, digestOf(text));
  }
}

TEST_F(SourceTreeTest, ADamagedIndexOnlyCostsReading) {
  file("f", "x");
  settle();
  Digest before = digestNow({"f"});
  writeFile(directory_.path() + "/index", "rubbish");
  auto tree = open();
  EXPECT_EQ(select(*tree, {"f"}).tree, before);
  EXPECT_EQ(tree->statistics().filesRead, 1u);
}

TEST_F(SourceTreeTest, NodesAreMadeOnceAndStay) {
  file("src/main.c", "m");
  file("src/lib/l.c", "l");
  auto tree = open();
  auto one = select(*tree, {"src/main.c"});
  auto two = select(*tree, {"src"});
  auto all = select(*tree, {"."});
  EXPECT_EQ(all.sources[0].node->children[0].get(), two.sources[0].node);
  EXPECT_EQ(one.sources[0].node->entry.content, digestOf("m"));
  EXPECT_EQ(tree->statistics().filesRead, 2u);
  EXPECT_EQ(select(*tree, {"src/lib"}).sources[0].node, two.sources[0].node->children[0].get());
}

TEST_F(SourceTreeTest, HardLinksAreKnownByInode) {
  file("d/a", "x");
  ASSERT_EQ(::link(at("d/a").c_str(), at("d/b").c_str()), 0);
  auto tree = open();
  const SourceNode& node = *select(*tree, {"d"}).sources[0].node;
  EXPECT_EQ(node.children[0]->linkCount, 2u);
  EXPECT_EQ(node.children[0]->inode, node.children[1]->inode);
}

TEST_F(SourceTreeTest, AnOpenedNodeIsTheOneThatWasSelected) {
  file("d/f", "x");
  auto tree = open();
  auto selection = select(*tree, {"d"});
  EXPECT_EQ(must(readFd(must(tree->openNode(selection.sources[0], "f")).get())), "x");
  EXPECT_FAULT(tree->openNode(selection.sources[0], "none"), FaultKind::NotFound);
  file("d/f", "longer");
  EXPECT_FAULT_SAYING(tree->openNode(selection.sources[0], "f"), FaultKind::Invalid, "changed while the build");
}

TEST_F(SourceTreeTest, ACancelledWalkStops) {
  file("f", "x");
  auto tree = open();
  cancel_.cancel();
  EXPECT_FAULT(trySelect(*tree, {"."}), FaultKind::Cancelled);
}

TEST_F(SourceTreeTest, TheTreesAreKeptAndComparable) {
  file("src/main.c", "1");
  Digest before = digestNow({"src", "."});
  file("src/main.c", "22");
  Digest after = digestNow({"src", "."});
  auto changes = must(diffTrees(*trees_, before, after));
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].path, "src/main.c");
  EXPECT_EQ(changes[0].newSize, 2u);
}

TEST_F(SourceTreeTest, FiveThousandFilesGiveOneDigestHoweverTheyAreWalked) {
  for (int i = 0; i < 5000; ++i) {
    std::string path = at("d" + std::to_string(i % 100) + "/e/f" + std::to_string(i));
    if (i < 100) must(makeDirectories(path.substr(0, path.rfind('/'))));
    std::ofstream(path) << i;
  }
  settle();
  auto parallel = open();  // large enough for all cores, and nothing is known yet
  auto selection = select(*parallel, {"."});
  EXPECT_EQ(selection.files, 5000u);
  EXPECT_EQ(parallel->statistics().filesRead, 5000u);
  must(parallel->saveIndex());

  std::vector<std::string> parts;
  auto piecewise = open("", true, /*indexed=*/false);  // small walks, one thread
  for (int i = 0; i < 100; ++i) select(*piecewise, {"d" + std::to_string(i)});
  EXPECT_EQ(select(*piecewise, {"."}).tree, selection.tree);

  auto again = open();
  EXPECT_EQ(select(*again, {"."}).tree, selection.tree);
  EXPECT_EQ(again->statistics().filesRead, 0u);
}

}  // namespace
}  // namespace strata::builder

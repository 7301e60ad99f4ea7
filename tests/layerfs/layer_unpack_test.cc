#include "layer_trees.h"
#include "layerfs/overlay_format.h"

namespace strata::layerfs::testing {
namespace {

class LayerUnpackTest : public ::testing::Test {
protected:
  void SetUp() override {
    SKIP_UNLESS_ROOT();
    must(makeDirectories(root()));
    must(makeDirectories(outside()));
  }
  std::string root() const { return directory_.path() + "/root"; }
  std::string outside() const { return directory_.path() + "/outside"; }
  llvm::Error unpack(llvm::ArrayRef<FullEntry> entries) {
    std::string tar = tarOf(entries);
    StringSource source(tar);
    return unpackLayerTar(source, root());
  }
  std::string content(llvm::StringRef path) { return must(readFile(joinPath(root(), path))); }
  struct stat status(llvm::StringRef path) {
    struct stat status = {};
    EXPECT_EQ(::lstat(joinPath(root(), path).c_str(), &status), 0) << path.str();
    return status;
  }
  TempDir directory_ = makeTempDir();
};

TEST_F(LayerUnpackTest, MissingParentsAreMade) {
  must(unpack({file("a/b/c", "x", 0600)}));
  EXPECT_EQ(content("a/b/c"), "x");
  EXPECT_EQ(status("a/b").st_mode & 07777, 0755u);
  EXPECT_EQ(status("a/b").st_mtim.tv_sec, 0);
}

TEST_F(LayerUnpackTest, DirectoriesKeepTheirTimesAndModes) {
  FullEntry locked = directory("d", 0500);
  locked.entry.mtime = 1'234'567'890'123'456'789;
  must(unpack({locked, file("d/f", "x")}));
  EXPECT_EQ(status("d").st_mode & 07777, 0500u);
  EXPECT_EQ(status("d").st_mtim.tv_sec, 1'234'567'890);
  EXPECT_EQ(status("d").st_mtim.tv_nsec, 123'456'789);
}

TEST_F(LayerUnpackTest, LinksAreFollowedInsideTheRootOnly) {
  must(unpack({directory("usr"), directory("usr/lib"), link("lib", "usr/lib"), link("abs", "/usr/lib"),
               file("lib/a", "a"), file("abs/b", "b"), link("up", "../../../../usr"), file("up/lib/c", "c"),
               link("out", outside()), file("out/evil", "e")}));
  EXPECT_EQ(content("usr/lib/a"), "a");
  EXPECT_EQ(content("usr/lib/b"), "b");
  EXPECT_EQ(content("usr/lib/c"), "c");
  EXPECT_FALSE(pathExists(outside() + "/evil"));
  EXPECT_EQ(content(outside() + "/evil"), "e") << "the link's target is a path inside the root";
}

TEST_F(LayerUnpackTest, NothingIsWrittenThroughALastLink) {
  writeFile(outside() + "/target", "old");
  must(unpack({link("f", outside() + "/target"), file("f", "new"), link("d", outside()), directory("d", 0700),
               file("d/x", "x")}));
  EXPECT_EQ(must(readFile(outside() + "/target")), "old");
  EXPECT_EQ(content("f"), "new");
  EXPECT_FALSE(pathExists(outside() + "/x"));
  EXPECT_EQ(content("d/x"), "x");
}

TEST_F(LayerUnpackTest, ADirectoryThatBecomesALinkIsNoLongerWrittenTo) {
  must(unpack({directory("a"), directory("a/b"), file("a/b/1", "1"), link("a", outside()), file("a/b/2", "2")}));
  EXPECT_FALSE(pathExists(outside() + "/b"));
  EXPECT_EQ(must(readFile(root() + outside() + "/b/2")), "2");
}

TEST_F(LayerUnpackTest, CirclesOfLinksAreRefused) {
  EXPECT_FAULT(unpack({link("a", "b"), link("b", "a"), file("a/x", "x")}), FaultKind::Invalid);
}

TEST_F(LayerUnpackTest, AFileIsNoParent) {
  EXPECT_FAULT_SAYING(unpack({file("a", "x"), file("a/b", "y")}), FaultKind::Invalid, "a is no directory");
}

TEST_F(LayerUnpackTest, TheLastOfSeveralWins) {
  must(unpack({file("a", "1"), file("a", "2"), directory("b"), file("b/c", "x"), file("b", "now a file"),
               file("d", "f"), directory("d"), file("d/e", "below"), link("l", "x"), link("l", "y")}));
  EXPECT_EQ(content("a"), "2");
  EXPECT_EQ(content("b"), "now a file");
  EXPECT_EQ(content("d/e"), "below");
  EXPECT_TRUE(S_ISLNK(status("l").st_mode));
}

TEST_F(LayerUnpackTest, AReplacedDirectoryLosesItsXattrs) {
  FullEntry first = directory("d");
  first.entry.xattrs = {{"user.a", "1"}};
  FullEntry second = directory("d", 0700);
  second.entry.xattrs = {{"user.b", "2"}};
  must(unpack({first, file("d/kept", "k"), second}));
  EXPECT_EQ(content("d/kept"), "k");
  EXPECT_THAT(walked(root()).entries[1].entry.xattrs, ::testing::ElementsAre(std::pair("user.b", "2")));
}

TEST_F(LayerUnpackTest, HardLinksShareOneFile) {
  must(unpack({file("a", "x"), link("d/b", "a", EntryKind::Hardlink), link("d/b", "a", EntryKind::Hardlink),
               link("a", "a", EntryKind::Hardlink)}));
  EXPECT_EQ(status("a").st_ino, status("d/b").st_ino);
  EXPECT_EQ(status("a").st_nlink, 2u);
}

TEST_F(LayerUnpackTest, HardLinksToNothingAreRefused) {
  EXPECT_FAULT_SAYING(unpack({link("b", "a", EntryKind::Hardlink)}), FaultKind::Invalid, "b: is a hard link to a");
  EXPECT_FAULT(unpack({link("b", "x/a", EntryKind::Hardlink)}), FaultKind::Invalid);
  EXPECT_FAULT(unpack({marker("w", EntryKind::Whiteout), link("b", "w", EntryKind::Hardlink)}), FaultKind::Invalid);
  EXPECT_FAULT(unpack({directory("dir"), link("b", "dir", EntryKind::Hardlink)}), FaultKind::Invalid);
}

TEST_F(LayerUnpackTest, HardLinksDoNotReachOutside) {
  writeFile(outside() + "/secret", "s");
  EXPECT_FAULT(unpack({link("o", outside()), link("x", "o/secret", EntryKind::Hardlink)}), FaultKind::Invalid);
}

TEST_F(LayerUnpackTest, RemovalsBecomeOverlaysMarks) {
  must(unpack(
      {directory("d"), marker("d", EntryKind::Opaque), file("d/new", "n"), marker("gone", EntryKind::Whiteout)}));
  EXPECT_TRUE(S_ISCHR(status("gone").st_mode));
  EXPECT_EQ(status("gone").st_rdev, 0u);
  char value = 0;
  EXPECT_EQ(::getxattr((root() + "/d").c_str(), opaqueXattrName(), &value, 1), 1);
  EXPECT_EQ(value, 'y');
}

TEST_F(LayerUnpackTest, AWhiteoutRemovesFromLowerLayersOnly) {
  must(unpack({file("f", "mine"), marker("f", EntryKind::Whiteout), directory("d"), file("d/x", "x"),
               marker("d", EntryKind::Whiteout), marker("e", EntryKind::Whiteout), directory("e"),
               marker("i", EntryKind::Whiteout), file("i/implied", "y"), marker("n", EntryKind::Whiteout),
               file("n", "new")}));
  EXPECT_EQ(content("f"), "mine");
  EXPECT_EQ(content("n"), "new");
  EXPECT_THAT(walked(root()).lines(),
              ::testing::IsSupersetOf({::testing::HasSubstr("opaque d"), ::testing::HasSubstr("opaque e"),
                                       ::testing::HasSubstr("opaque i")}));
}

TEST_F(LayerUnpackTest, CapabilitiesAndSetuidSurvive) {
  FullEntry tool = file("tool", "x", 04755);
  tool.entry.uid = 7;
  tool.entry.xattrs["security.capability"] = std::string("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  must(unpack({tool}));
  EXPECT_EQ(status("tool").st_mode & 07777, 04755u);
  EXPECT_EQ(walked(root()).entries[1].entry.xattrs, tool.entry.xattrs);
}

TEST_F(LayerUnpackTest, ASparseFileThatNoDiskCanHoldIsAFaultAtOnce) {
  TempDir work = makeTempDir();
  shell("cd " + work.path() + " && truncate -s 4T big && tar -S -cf out.tar big");
  std::string tar = must(readFile(work.path() + "/out.tar"));
  // The real size, with the top bit of GNU's 12-digit field: 4T became larger than any file may be.
  size_t at = 483;
  llvm::StringRef field(tar.data() + at, 12);
  std::fill_n(tar.begin() + 148, 8, ' ');
  const char huge[12] = {char(0x80), 0,          0,          0,          0x7f,       char(0xff),
                         char(0xff), char(0xff), char(0xff), char(0xff), char(0xff), 0};
  std::copy(huge, huge + 12, tar.begin() + long(at));
  unsigned sum = 0;
  for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[size_t(i)]);
  std::snprintf(tar.data() + 148, 8, "%06o", sum);
  StringSource source(tar);
  auto seen = faultOf(unpackLayerTar(source, root()));
  EXPECT_TRUE(seen.kind.has_value());
}

TEST_F(LayerUnpackTest, DeepAndLongPathsWork) {
  std::string deep = "d";
  while (deep.size() < 3900) deep += "/" + std::string(18, 'd');
  must(unpack({file(deep + "/end", "e")}));
  auto seen = walked(root());
  EXPECT_EQ(seen.entries.back().content, "e");
}

TEST_F(LayerUnpackTest, NobodyElsesOwnersAreDeniedToAUser) {
  pid_t child = ::fork();
  if (child == 0) {
    if (::chown(directory_.path().c_str(), 1000, 1000) != 0 || ::chown(root().c_str(), 1000, 1000) != 0 ||
        ::setresgid(1000, 1000, 1000) != 0 || ::setresuid(1000, 1000, 1000) != 0)
      ::_exit(3);
    auto seen = faultOf(unpack({file("f", "x")}));
    ::_exit(seen.kind == FaultKind::Denied && seen.message.find("f: set owner 0:0") == 0 ? 0 : 4);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(WEXITSTATUS(result), 0);
}

class RandomTrees : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomTrees, ::testing::Range(1u, 9u));

TEST_P(RandomTrees, TarAndUnpackGiveTheSameTreeBack) {
  SKIP_UNLESS_ROOT();
  TempDir work = makeTempDir();
  std::string from = work.path() + "/from", to = work.path() + "/to";
  must(makeDirectories(from));
  must(makeDirectories(to));
  RandomTree tree(from, GetParam());
  std::string tar = tarOfDirectory(from);
  StringSource source(tar);
  must(unpackLayerTar(source, to));
  EXPECT_THAT(walked(to).lines(), ::testing::ElementsAreArray(walked(from).lines()));
  EXPECT_TRUE(tarOfDirectory(to) == tar);
  EXPECT_THAT(tarEntries(tar).lines(), ::testing::ElementsAreArray(walked(from).lines()));
}

TEST_P(RandomTrees, GnuTarExtractsTheSameTree) {
  SKIP_UNLESS_ROOT();
  TempDir work = makeTempDir();
  std::string from = work.path() + "/from", to = work.path() + "/to";
  must(makeDirectories(from));
  must(makeDirectories(to));
  RandomTree tree(from, GetParam());
  must(writeFileAtomically(work.path() + "/layer.tar", tarOfDirectory(from)));
  shell("cd " + to + " && tar --xattrs --xattrs-include='*' --numeric-owner -xpf ../layer.tar");
  EXPECT_THAT(walked(to).lines(), ::testing::ElementsAreArray(walked(from).lines()));
}

}  // namespace
}  // namespace strata::layerfs::testing

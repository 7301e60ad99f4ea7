#include "tests/builder/copy/copy_fixture.h"

#include <sys/xattr.h>
#include <fstream>

namespace strata::builder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::must;

class WriteCopyTest : public CopyFixture {};

TEST_F(WriteCopyTest, AFileIsCopiedWithModeOwnerAndTime) {
  file("f", "content", 0751);
  setTime(context("f"), 1234);
  auto result = run(request({"f"}, "/a/b"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 a", "f 751 0:0 a/b = content"));
  EXPECT_EQ(timeOf("a/b"), 1234);
  EXPECT_EQ(statOf("a/b").st_mtim.tv_nsec, 5);
  EXPECT_EQ(timeOf("a"), 7);
  EXPECT_EQ(result.files, 1u);
  EXPECT_EQ(result.bytes, 7u);
}

TEST_F(WriteCopyTest, COPY_12_AWildcardThatMatchesNothingWritesNothing) {
  run(request({"*.none"}, "/d/"));
  EXPECT_THAT(layer(), IsEmpty());
}

TEST_F(WriteCopyTest, COPY_15_LaterSourcesOverwrite) {
  file("a/same", "first");
  file("a/only", "a");
  file("b/same", "second", 0600);
  auto result = run(request({"a", "b"}, "/d"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 d", "f 644 0:0 d/only = a", "f 600 0:0 d/same = second"));
  EXPECT_EQ(result.files, 2u);
}

TEST_F(WriteCopyTest, COPY_19_SeveralFilesToOnePathLeaveTheLast) {
  file("a", "1");
  file("b", "2");
  run(request({"a", "b"}, "/one"));
  EXPECT_THAT(layer(), ElementsAre("f 644 0:0 one = 2"));
}

TEST_F(WriteCopyTest, COPY_19_COPY_25_AFirstFileTakesTheNameFromLaterDirectories) {
  file("a", "1");
  file("d/f", "2");
  EXPECT_FAULT_SAYING(resolveDestination(request({"a", "d"}, "/one"), {}), FaultKind::Invalid,
                      "cannot copy to non-directory: \"/one\"");
  run(request({"d", "a"}, "/one"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 one", "f 644 0:0 one/a = 1", "f 644 0:0 one/f = 2"));
}

TEST_F(WriteCopyTest, COPY_20_ADirectorysContentsAreCopied) {
  file("d/f", "x");
  file("d/sub/g", "y");
  for (const char* source : {"d", "d/", "d/."}) {
    run(request({source}, "/to"));
    EXPECT_THAT(layer(),
                ElementsAre("d 755 0:0 to", "f 644 0:0 to/f = x", "d 755 0:0 to/sub", "f 644 0:0 to/sub/g = y"));
  }
  run(request({"*"}, "/flat/"));
  EXPECT_THAT(layer(),
              ElementsAre("d 755 0:0 flat", "f 644 0:0 flat/f = x", "d 755 0:0 flat/sub", "f 644 0:0 flat/sub/g = y"));
}

TEST_F(WriteCopyTest, COPY_7_COPY_6_LinksInsideStayNamedLinksAreFollowed) {
  file("d/real", "x");
  link("real", context("d/l"));
  link("/nowhere", context("d/dangling"));
  run(request({"d"}, "/to/"));
  EXPECT_THAT(layer(),
              ElementsAre("d 755 0:0 to", "l to/dangling -> /nowhere", "l to/l -> real", "f 644 0:0 to/real = x"));
  run(request({"d/l"}, "/to/"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 to", "f 644 0:0 to/l = x"));
}

TEST_F(WriteCopyTest, COPY_18_AFileIsPutIntoAnExistingDirectoryWhichStaysAsItIs) {
  file("f", "x");
  parentDirectory("opt/app", 01770, 4321);
  ASSERT_EQ(::chown(parent("opt/app").c_str(), 5, 6), 0);
  parentFile("opt/app/f", "old");
  setTime(parent("opt/app"), 4321);
  run(request({"f"}, "/opt/app"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 opt", "d 1770 5:6 opt/app", "f 644 0:0 opt/app/f = x"));
  EXPECT_EQ(timeOf("opt/app"), 4321);
}

TEST_F(WriteCopyTest, COPY_18_AnExistingLinkAsDestinationIsWrittenThrough) {
  file("f", "new");
  parentFile("data/real", "old");
  link("data/real", parent("l"));
  run(request({"f"}, "/l"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 data", "f 644 0:0 data/real = new"));
}

TEST_F(WriteCopyTest, COPY_18_ALinkAtTheFinalNameInADirectoryIsReplaced) {
  file("f", "new");
  parentFile("target", "old");
  parentDirectory("d");
  link("../target", parent("d/f"));
  run(request({"f"}, "/d/"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 d", "f 644 0:0 d/f = new"));
}

TEST_F(WriteCopyTest, COPY_21_MadeParentsTakeOctalChmodAndChown) {
  file("f", "x");
  auto copy = request({"f"}, "/a/b/");
  copy.uid = 10;
  copy.gid = 20;
  copy.chmod = must(ModeChange::parse("700"));
  run(copy);
  EXPECT_THAT(layer(), ElementsAre("d 700 10:20 a", "d 700 10:20 a/b", "f 700 10:20 a/b/f = x"));
  copy.chmod = must(ModeChange::parse("go=u"));
  run(copy);
  EXPECT_THAT(layer(), ElementsAre("d 755 10:20 a", "d 755 10:20 a/b", "f 666 10:20 a/b/f = x"));
}

TEST_F(WriteCopyTest, COPY_23_AnExistingDestinationOnlyTakesTheTime) {
  file("d/sub/f", "x");
  ::chmod(context("d").c_str(), 0700);
  ::chmod(context("d/sub").c_str(), 0711);
  setTime(context("d/sub"), 50);
  setTime(context("d"), 60);
  parentDirectory("to/sub", 0777);
  parentDirectory("to", 0750, 4321);
  run(request({"d"}, "/to"));
  EXPECT_THAT(layer(), ElementsAre("d 750 0:0 to", "d 711 0:0 to/sub", "f 644 0:0 to/sub/f = x"));
  EXPECT_EQ(timeOf("to"), 60);
  EXPECT_EQ(timeOf("to/sub"), 50);
}

TEST_F(WriteCopyTest, COPY_24_ANewDestinationIsMadeLikeAParent) {
  file("d/f", "x");
  ::chmod(context("d").c_str(), 0700);
  run(request({"d"}, "/new"));
  EXPECT_EQ(layer()[0], "d 755 0:0 new");
}

TEST_F(WriteCopyTest, COPY_25_ConflictsBetweenSourcesAreFaults) {
  file("a/name/f", "x");
  file("b/name", "x");
  auto one = request({"a", "b"}, "/d");
  auto other = request({"b", "a"}, "/d");
  auto place = draft();
  EXPECT_FAULT_SAYING(writeCopy(one, resolve(one), place, cancel_), FaultKind::Invalid, "cannot replace to directory");
  EXPECT_FAULT_SAYING(writeCopy(other, resolve(other), place, cancel_), FaultKind::Invalid,
                      "cannot copy to non-directory");
}

TEST_F(WriteCopyTest, COPY_26_FifosAreMadeNotRead) {
  file("d/f", "x");
  ASSERT_EQ(::mkfifo(context("d/fifo").c_str(), 0640), 0);
  ::chmod(context("d/fifo").c_str(), 0640);
  run(request({"d"}, "/to"));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 to", "f 644 0:0 to/f = x", "p 640 0:0 to/fifo"));
}

TEST_F(WriteCopyTest, COPY_26_DevicesAreCopiedButNoWhiteout) {
  if (::mknod(context("null").c_str(), S_IFCHR | 0666, ::makedev(1, 3)) != 0)
    GTEST_SKIP() << "may not make devices here";
  run(request({"null"}, "/dev/"));
  EXPECT_EQ(statOf("dev/null").st_rdev, ::makedev(1, 3));
  ASSERT_EQ(::mknod(context("whiteout").c_str(), S_IFCHR | 0600, 0), 0);
  auto copy = request({"whiteout"}, "/dev/");
  auto place = draft();
  EXPECT_FAULT_SAYING(writeCopy(copy, resolve(copy), place, cancel_), FaultKind::Unsupported,
                      "removes files in a layer");
}

TEST_F(WriteCopyTest, COPY_27_HardLinksStayWithinOneTree) {
  file("d/a", "x");
  ASSERT_EQ(::link(context("d/a").c_str(), context("d/b").c_str()), 0);
  must(makeDirectories(context("d/sub")));
  ASSERT_EQ(::link(context("d/a").c_str(), context("d/sub/c").c_str()), 0);
  auto result = run(request({"d"}, "/to"));
  EXPECT_EQ(statOf("to/a").st_ino, statOf("to/b").st_ino);
  EXPECT_EQ(statOf("to/a").st_ino, statOf("to/sub/c").st_ino);
  EXPECT_EQ(statOf("to/a").st_nlink, 3u);
  EXPECT_EQ(result.files, 3u);
  EXPECT_EQ(result.bytes, 1u);
}

TEST_F(WriteCopyTest, COPY_28_XattrsAreCopied) {
  file("d/f", "x");
  if (::setxattr(context("d/f").c_str(), "user.note", "v", 1, 0) != 0)
    GTEST_SKIP() << "no user xattrs on this file system";
  ::setxattr(context("d").c_str(), "user.dir", "w", 1, 0);
  must(makeDirectories(context("e/inner")));
  ::setxattr(context("e/inner").c_str(), "user.inner", "i", 1, 0);
  char capability[20] = {1, 0, 0, 2};  // VFS_CAP_REVISION_2 and its flag for effective
  bool capable = ::setxattr(context("d/f").c_str(), "security.capability", capability, sizeof capability, 0) == 0;
  auto copy = request({"d", "e"}, "/to");
  copy.uid = 3;
  run(copy);
  char value[32];
  EXPECT_EQ(::getxattr(upper("to/f").c_str(), "user.note", value, sizeof value), 1);
  EXPECT_EQ(::getxattr(upper("to/inner").c_str(), "user.inner", value, sizeof value), 1);
  EXPECT_LT(::getxattr(upper("to").c_str(), "user.dir", value, sizeof value), 0);
  EXPECT_EQ(::getxattr(upper("to/f").c_str(), "security.capability", value, sizeof value) == 20, capable);
}

TEST_F(WriteCopyTest, COPY_29_StagesKeepTheirOwners) {
  file("d/f", "x");
  ASSERT_EQ(::chown(context("d/f").c_str(), 12, 34), 0);
  run(request({"d"}, "/to", {}, /*squash=*/false));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 to", "f 644 12:34 to/f = x"));
}

TEST_F(WriteCopyTest, COPY_37_LinksAreOwnedButNotChmodded) {
  file("d/f", "x");
  link("f", context("d/l"));
  auto copy = request({"d"}, "/to");
  copy.uid = 4;
  copy.gid = 5;
  copy.chmod = must(ModeChange::parse("600"));
  run(copy);
  EXPECT_EQ(statOf("to/l").st_uid, 4u);
  EXPECT_EQ(statOf("to/f").st_mode & 07777, 0600u);
}

TEST_F(WriteCopyTest, COPY_38_SetuidSurvivesAChangeOfOwner) {
  file("tool", "x", 04755);
  ::chmod(context("tool").c_str(), 04755);
  auto copy = request({"tool"}, "/usr/bin/");
  copy.uid = 4;
  run(copy);
  EXPECT_EQ(statOf("usr/bin/tool").st_mode & 07777, 04755u);
}

TEST_F(WriteCopyTest, COPY_51_ExcludingEverythingLeavesTheEmptyDestination) {
  file("d/f", "x");
  run(request({"d"}, "/to", {"**"}));
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 to"));
}

TEST_F(WriteCopyTest, HDOC_10_HDOC_11_InlineFilesComeLast) {
  file("A", "from the context", 0600);
  auto copy = request({"A"}, "/d/");
  copy.inlineFiles = {{"A", "inline"}, {"B", ""}};
  run(copy);
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 d", "f 644 0:0 d/A = inline", "f 644 0:0 d/B = "));
  CopyRequest alone;
  alone.inlineFiles = {{"EOF", "text"}};
  alone.destination = "/etc/motd";
  run(alone);
  EXPECT_THAT(layer(), ElementsAre("d 755 0:0 etc", "f 644 0:0 etc/motd = text"));
}

TEST_F(WriteCopyTest, WORKDIR_3_IsMadeForItsUserUnlessItExists) {
  CopyRequest workdir;
  workdir.destination = "/app/src";
  workdir.destinationIsDirectory = true;
  workdir.uid = 8;
  workdir.gid = 9;
  run(workdir);
  EXPECT_THAT(layer(), ElementsAre("d 755 8:9 app", "d 755 8:9 app/src"));
  EXPECT_EQ(timeOf("app"), 0);
  parentDirectory("app/src", 0700);
  run(workdir);
  EXPECT_THAT(layer(), IsEmpty());
}

TEST_F(WriteCopyTest, AFileThatChangedSinceItWasSelectedIsAFault) {
  file("d/f", "x");
  auto longer = request({"d"}, "/to");
  std::fstream(context("d/f")) << "yy";
  auto place = draft();
  EXPECT_FAULT_SAYING(writeCopy(longer, resolve(longer), place, cancel_), FaultKind::Invalid, "\"/d/f\" changed while");
  auto gone = request({"d"}, "/to");
  must(removeTree(context("d/f")));
  auto other = draft();
  EXPECT_FAULT(writeCopy(gone, resolve(gone), other, cancel_), FaultKind::NotFound);
}

/// As a log does that the build's own messages go to.
TEST_F(WriteCopyTest, OfAFileThatGrowsItsBytesOfThenAreTaken) {
  file("log", "first line\n");
  auto copy = request({"log"}, "/log");
  std::ofstream(context("log"), std::ios::app) << "second line\n";
  run(copy);
  EXPECT_EQ(text("log"), "first line\n");
  std::string tar = tarOf(copy, resolve(copy));
  EXPECT_NE(tar.find("first line\n"), std::string::npos);
  EXPECT_EQ(tar.find("second line"), std::string::npos);
}

TEST_F(WriteCopyTest, OfAFirstBuildAGrowingFileIsReadAtOnce) {
  file("log", "first line\n");
  auto copy = deferredRequest({"log"}, "/log");
  std::ofstream(context("log"), std::ios::app) << "second line\n";
  std::string tar = tarOf(copy, resolve(copy));
  EXPECT_NE(tar.find("first line\n"), std::string::npos);
  EXPECT_EQ(tar.find("second line"), std::string::npos);
}

TEST_F(WriteCopyTest, AFileThatBecameALinkIsNotFollowed) {
  file("d/f", "x");
  auto copy = request({"d"}, "/to");
  must(removeTree(context("d/f")));
  link("/etc/passwd", context("d/f"));
  auto place = draft();
  EXPECT_TRUE(testing::faultOf(writeCopy(copy, resolve(copy), place, cancel_)).kind.has_value());
}

TEST_F(WriteCopyTest, LargeFilesArriveWhole) {
  std::string large(3'000'001, 'a');
  for (size_t i = 0; i < large.size(); i += 7) large[i] = char(i);
  file("large", large);
  run(request({"large"}, "/large"));
  EXPECT_EQ(digestOf(text("large")), digestOf(large));
}

TEST_F(WriteCopyTest, OneReadGivesLayerAndDigests) {
  std::string large(3 << 20, 'l');
  large += "the end";
  file("d/large", large);
  file("d/small", "s");
  file("d/empty", "");
  file("d/tagged", "");
  ::setxattr(context("d/tagged").c_str(), "user.tag", "v", 1, 0);
  ASSERT_EQ(::link(context("d/small").c_str(), context("d/zlink").c_str()), 0);
  for (int i = 0; i < 300; ++i) file("d/many/f" + std::to_string(i), std::string(size_t(i) * 50, 'm'));
  auto known = request({"d", "d/small", "d"}, "/to/"), unread = deferredRequest({"d", "d/small", "d"}, "/to/");
  EXPECT_TRUE(unread.selection.deferred);
  EXPECT_FALSE(unread.selection.tree);
  EXPECT_EQ(unread.selection.bytes, known.selection.bytes);
  auto facts = resolve(known);
  EXPECT_TRUE(tarOf(known, facts) == tarOf(unread, facts));
  SourceTree& tree = *trees_.back();
  must(tree.finish(unread.selection, *store_, cancel_));
  EXPECT_FALSE(unread.selection.deferred);
  EXPECT_EQ(unread.selection.tree, known.selection.tree);
  EXPECT_EQ(tree.statistics().filesRead, trees_.front()->statistics().filesRead);
  EXPECT_EQ(tree.statistics().bytesRead, trees_.front()->statistics().bytesRead);
}

TEST_F(WriteCopyTest, FilesThatNobodyCopiedAreReadInTheEnd) {
  file("f", "text");
  auto unread = deferredRequest({"f"}, "/f");
  must(trees_.back()->finish(unread.selection, *store_, cancel_));
  EXPECT_EQ(unread.selection.tree, request({"f"}, "/f").selection.tree);
}

TEST_F(WriteCopyTest, AFileThatChangesBeforeItIsReadIsNoted) {
  file("f", "text");
  setTime(context("f"), 1234);
  auto unread = deferredRequest({"f"}, "/f");
  auto facts = resolve(unread);
  file("f", "other");
  TempDir staging = testing::makeTempDir();
  layerfs::TarDraft tar = must(layerfs::TarDraft::make(staging.path()));
  EXPECT_FAULT_SAYING(writeCopy(unread, facts, tar.file(), /*earlier=*/nullptr, cancel_), FaultKind::Invalid,
                      "build again");
}

TEST_F(WriteCopyTest, ACancelledCopyStops) {
  file("f", "x");
  auto copy = request({"f"}, "/f");
  auto facts = resolve(copy);
  auto place = draft();
  cancel_.cancel();
  EXPECT_FAULT(writeCopy(copy, facts, place, cancel_), FaultKind::Cancelled);
}

TEST_F(WriteCopyTest, FiveThousandFilesGiveTheSameLayerEachTime) {
  for (int i = 0; i < 5000; ++i) {
    std::string path = context("d" + std::to_string(i % 50) + "/e/f" + std::to_string(i));
    if (i < 50) must(makeDirectories(path.substr(0, path.rfind('/'))));
    std::ofstream(path) << i;
  }
  auto copy = request({"."}, "/app");
  auto digestOfLayer = [&] {
    std::string all;
    must(layerfs::walkLayerDirectory(
        upper(""), [&](const layerfs::LayerEntry& entry, ByteSource& content) -> llvm::Error {
          all += entry.path + " " + std::to_string(entry.mode) + " " + std::to_string(entry.mtime) + " ";
          auto bytes = readAll(content, 1 << 20);
          if (!bytes) return bytes.takeError();
          all += *bytes + "\n";
          return llvm::Error::success();
        }));
    return digestOf(all);
  };
  EXPECT_EQ(run(copy).files, 5000u);
  Digest first = digestOfLayer();
  run(copy);
  EXPECT_EQ(digestOfLayer(), first);
}

}  // namespace
}  // namespace strata::builder

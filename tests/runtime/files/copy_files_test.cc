#include "runtime/files/copy_files.h"

#include "layerfs/layer_tar.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <atomic>
#include <filesystem>
#include <thread>

namespace strata::runtime {
namespace {
using namespace strata::testing;
namespace fs = std::filesystem;

/// A container's root and a directory of the host, side by side.
class CopyFilesTest : public ::testing::Test {
protected:
  void SetUp() override {
    root_ = must(openFile(inside_.path(), O_PATH | O_DIRECTORY));
    options_.uid = ::geteuid();
    options_.gid = ::getegid();
  }
  std::string inside(llvm::StringRef path) const { return joinPath(inside_.path(), path); }
  std::string outside(llvm::StringRef path) const { return joinPath(outside_.path(), path); }
  CopyEnd container(llvm::StringRef path) const {
    return {.root = root_.get(), .path = path.str(), .shown = "web:" + path.str()};
  }
  CopyEnd host(llvm::StringRef path) const { return {.path = outside(path), .shown = outside(path)}; }
  llvm::Error in(llvm::StringRef from, llvm::StringRef to) {
    return copyFiles(host(from), container(to), options_).takeError();
  }
  llvm::Error out(llvm::StringRef from, llvm::StringRef to) {
    return copyFiles(container(from), host(to), options_).takeError();
  }
  static std::string text(const std::string& path) { return must(readFile(path)); }
  static struct stat statOf(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status;
  }
  TempDir inside_ = makeTempDir(), outside_ = makeTempDir();
  UniqueFd root_;
  CopyOptions options_;
};

TEST_F(CopyFilesTest, AFileGetsItsPlaceByDockersRules) {
  writeFile(outside("file"), "new");
  writeFile(inside("srv/old"), "old");
  must(in("file", "/srv"));
  EXPECT_EQ(text(inside("srv/file")), "new");
  must(in("file", "/srv/"));
  must(in("file", "srv/other"));
  EXPECT_EQ(text(inside("srv/other")), "new");
  must(in("file", "/srv/old"));
  EXPECT_EQ(text(inside("srv/old")), "new");
  EXPECT_FAULT_SAYING(in("file", "/srv/none/"), FaultKind::NotFound, "no such directory: web:/srv/none/");
  EXPECT_FAULT_SAYING(in("file", "/no/such"), FaultKind::NotFound, "Could not find the file /no/such in container web");
  EXPECT_FAULT_SAYING(out("/srv/old", "no/such"), FaultKind::NotFound, "invalid output path");
  EXPECT_FAULT_SAYING(in("nosuch", "/srv"), FaultKind::NotFound, "no such file or directory");
  EXPECT_FAULT_SAYING(out("/nosuch", ""), FaultKind::NotFound, "Could not find the file /nosuch in container web");
  EXPECT_FAULT_SAYING(in("file/", "/srv"), FaultKind::Invalid, "not a directory");
}

TEST_F(CopyFilesTest, ADirectoryGetsItsPlaceByDockersRules) {
  writeFile(outside("tree/a"), "1");
  writeFile(outside("tree/sub/b"), "2");
  must(in("tree", "/new"));
  EXPECT_EQ(text(inside("new/sub/b")), "2") << "made with what is in the source";
  must(in("tree/.", "/made"));
  EXPECT_EQ(text(inside("made/a")), "1");
  must(in("tree", "/new"));
  EXPECT_EQ(text(inside("new/tree/sub/b")), "2") << "into the one that is there";
  fs::create_directories(inside("there"));
  must(in("tree/.", "/there"));
  EXPECT_EQ(text(inside("there/sub/b")), "2");
  EXPECT_FALSE(pathExists(inside("there/tree")));
  writeFile(inside("file"), "");
  EXPECT_FAULT_SAYING(in("tree", "/file"), FaultKind::Invalid, "cannot copy directory");
  must(out("/new/.", ""));
  EXPECT_EQ(text(outside("sub/b")), "2");
  must(out("/", "whole"));
  EXPECT_EQ(text(outside("whole/there/a")), "1");
}

TEST_F(CopyFilesTest, KindsAreNeverExchanged) {
  writeFile(outside("tree/a"), "");
  writeFile(outside("flat/tree"), "");
  fs::create_directories(inside("dir/tree/kept"));
  EXPECT_FAULT_SAYING(in("flat/.", "/dir"), FaultKind::Invalid, "cannot overwrite directory with non-directory");
  EXPECT_TRUE(pathExists(inside("dir/tree/kept")));
  writeFile(inside("other/tree"), "kept");
  EXPECT_FAULT_SAYING(in("tree", "/other"), FaultKind::Invalid, "cannot overwrite non-directory with directory");
  EXPECT_EQ(text(inside("other/tree")), "kept");
}

TEST_F(CopyFilesTest, KeepsModesTimesLinksAndHoles) {
  writeFile(outside("t/a"), "x", 0750);
  ASSERT_EQ(::link(outside("t/a").c_str(), outside("t/b").c_str()), 0);
  ASSERT_EQ(::symlink("/etc/shadow", outside("t/link").c_str()), 0);
  ASSERT_EQ(::mkfifo(outside("t/pipe").c_str(), 0640), 0);
  {
    UniqueFd sparse = must(openFile(outside("t/sparse"), O_WRONLY | O_CREAT));
    ASSERT_EQ(::ftruncate(sparse.get(), 64 << 20), 0);
  }
  ASSERT_EQ(::chmod(outside("t").c_str(), 0711), 0);
  timespec times[2] = {{1'000'000'000, 5}, {1'000'000'000, 5}};
  for (const char* name : {"t/a", "t"}) ASSERT_EQ(::utimensat(AT_FDCWD, outside(name).c_str(), times, 0), 0);
  must(in("t", "/t"));
  EXPECT_EQ(statOf(inside("t/a")).st_mode & 07777, 0750u);
  EXPECT_EQ(statOf(inside("t")).st_mode & 07777, 0711u);
  for (const char* name : {"t/a", "t"}) EXPECT_EQ(statOf(inside(name)).st_mtim.tv_sec, 1'000'000'000) << name;
  EXPECT_EQ(statOf(inside("t/a")).st_ino, statOf(inside("t/b")).st_ino);
  EXPECT_EQ(fs::read_symlink(inside("t/link")), "/etc/shadow");
  EXPECT_TRUE(S_ISFIFO(statOf(inside("t/pipe")).st_mode));
  EXPECT_EQ(statOf(inside("t/sparse")).st_size, 64 << 20);
  EXPECT_LT(statOf(inside("t/sparse")).st_blocks, 100);
}

TEST_F(CopyFilesTest, ALinkIsCopiedOrFollowed) {
  writeFile(outside("dir/file"), "x");
  fs::create_symlink("dir/file", outside("link"));
  fs::create_symlink("dir", outside("dirlink"));
  fs::create_directories(inside("d"));
  must(in("link", "/d"));
  EXPECT_EQ(fs::read_symlink(inside("d/link")), "dir/file");
  must(in("dirlink/", "/d"));
  EXPECT_EQ(text(inside("d/dirlink/file")), "x") << "a final slash asks for the directory";
  options_.followLink = true;
  must(in("link", "/d/plain"));
  EXPECT_EQ(text(inside("d/plain")), "x");
  must(in("link", "/d"));
  EXPECT_EQ(text(inside("d/link")), "x") << "under its own name";
}

TEST_F(CopyFilesTest, OwnersAndTheirRightsGoAlongOnlyWithArchive) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: owners and devices";
  writeFile(inside("p"), "x");
  ASSERT_EQ(::chown(inside("p").c_str(), 1000, 1001), 0);
  ASSERT_EQ(::chmod(inside("p").c_str(), 06755), 0);
  ASSERT_EQ(::setxattr(inside("p").c_str(), "user.note", "1", 1, 0), 0);
  must(out("/p", "plain"));
  EXPECT_EQ(statOf(outside("plain")).st_uid, 0u);
  EXPECT_EQ(statOf(outside("plain")).st_mode & 07777, 0755u) << "setuid would be ours";
  EXPECT_LT(::getxattr(outside("plain").c_str(), "user.note", nullptr, 0), 0);
  options_.archive = true;
  must(out("/p", "same"));
  EXPECT_EQ(statOf(outside("same")).st_uid, 1000u);
  EXPECT_EQ(statOf(outside("same")).st_gid, 1001u);
  EXPECT_EQ(statOf(outside("same")).st_mode & 07777, 06755u);
  EXPECT_EQ(::getxattr(outside("same").c_str(), "user.note", nullptr, 0), 1);
  ASSERT_EQ(::mknod(inside("null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  must(out("/null", "null"));
  EXPECT_TRUE(S_ISCHR(statOf(outside("null")).st_mode));
  options_.archive = false;
  EXPECT_FAULT_SAYING(out("/null", "null2"), FaultKind::Denied, "only --archive");
}

TEST_F(CopyFilesTest, HostileLinksLeadNowhereElse) {
  writeFile(outside("secret"), "host");
  writeFile(outside("file"), "new");
  fs::create_symlink(outside("secret"), inside("target"));
  fs::create_symlink(outside_.path(), inside("dir"));
  fs::create_symlink("../../../../../../../../.." + outside_.path(), inside("deep"));
  for (const char* to : {"/target", "/dir/secret", "/deep/secret", "/dir/new", "/deep/new"})
    EXPECT_FAULT(in("file", to), FaultKind::NotFound);
  EXPECT_EQ(text(outside("secret")), "host");
  EXPECT_FALSE(pathExists(outside("new")));
  options_.followLink = true;
  for (const char* from : {"/target", "/dir/secret", "/deep/secret"})
    EXPECT_FAULT(out(from, "stolen"), FaultKind::NotFound);
  EXPECT_FALSE(pathExists(outside("stolen")));
}

TEST_F(CopyFilesTest, WhatIsThereIsReplacedNotWrittenThrough) {
  writeFile(outside("t/a"), "new");
  writeFile(inside("elsewhere"), "kept");
  fs::create_directories(inside("t"));
  fs::create_symlink("../elsewhere", inside("t/a"));
  must(in("t/.", "/t"));
  EXPECT_EQ(text(inside("elsewhere")), "kept");
  EXPECT_EQ(text(inside("t/a")), "new");
}

/// A process of the container exchanges a directory for a link to the host again and again while we copy both ways.
TEST_F(CopyFilesTest, ADirectorySwappedForALinkWhileCopyingLeadsNowhereElse) {
  for (int i = 0; i < 40; ++i) writeFile(outside("from/d/" + std::to_string(i)), "new");
  writeFile(outside("host/secret"), "host");
  fs::create_directories(inside("to/from/d"));
  fs::create_directory_symlink(outside("host"), inside("link"));
  fs::create_directories(inside("real"));
  writeFile(inside("real/mine"), "theirs");
  std::atomic<bool> done = false;
  std::thread attacker([&] {
    for (int i = 0; !done; ++i) {
      ::rename(inside("to/from/d").c_str(), inside("away").c_str());
      ::rename(inside("link").c_str(), inside("to/from/d").c_str());
      ::rename(inside("to/from/d").c_str(), inside("link").c_str());
      ::rename(inside("away").c_str(), inside("to/from/d").c_str());
    }
  });
  for (int i = 0; i < 60; ++i) {
    llvm::consumeError(in("from", "/to"));
    llvm::consumeError(out("/to/from", "back" + std::to_string(i)));
  }
  done = true;
  attacker.join();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(outside("host"))) names.push_back(entry.path().filename());
  EXPECT_THAT(names, ::testing::ElementsAre("secret"));
  for (const auto& entry : fs::recursive_directory_iterator(outside_.path()))
    EXPECT_FALSE(entry.path().string().find("back") != std::string::npos && entry.path().filename() == "secret")
        << entry.path();
}

TEST_F(CopyFilesTest, AsATarAndBack) {
  writeFile(inside("srv/data/a"), "1", 0640);
  fs::create_symlink("a", inside("srv/data/link"));
  StringSink tar;
  must(copyToTar(container("/srv/data"), options_, tar));
  std::vector<std::string> paths;
  StringSource source(tar.text);
  must(layerfs::readLayerTar(source, [&](const layerfs::LayerEntry& entry, ByteSource&) {
    paths.push_back(entry.path);
    return llvm::Error::success();
  }));
  EXPECT_THAT(paths, ::testing::ElementsAre("data", "data/a", "data/link"));
  StringSource again(tar.text);
  EXPECT_EQ(must(copyFromTar(again, container("/srv"), {.archive = true})), 1u);
  EXPECT_EQ(text(inside("srv/data/a")), "1");
  StringSource third(tar.text);
  EXPECT_FAULT_SAYING(copyFromTar(third, container("/srv/data/a"), options_), FaultKind::Invalid,
                      "must be a directory");
  EXPECT_FAULT(copyFromTar(third, container("/no"), options_), FaultKind::NotFound);
}

TEST_F(CopyFilesTest, ATarCannotLeaveItsDirectory) {
  fs::create_directories(inside("d"));
  fs::create_directory_symlink(outside_.path(), inside("d/link"));
  StringSink tar;
  layerfs::LayerTarWriter writer(tar);
  StringSource content("x");
  must(writer.add({.path = "link/escaped", .kind = layerfs::EntryKind::File, .mode = 0644, .size = 1}, &content));
  must(writer.finish());
  StringSource source(tar.text);
  llvm::consumeError(copyFromTar(source, container("/d"), options_).takeError());
  EXPECT_FALSE(pathExists(outside("escaped")));
}

}  // namespace
}  // namespace strata::runtime

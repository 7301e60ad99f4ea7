#include "runtime/volumes/volume_seed.h"

#include "tests/support/testing.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <filesystem>

namespace strata::runtime {
namespace {
using namespace strata::testing;
namespace fs = std::filesystem;

/// An image of two layers in directories, and an empty volume.
class VolumeSeedTest : public ::testing::Test {
protected:
  VolumeSeedTest() : lower_(makeTempDir()), upper_(makeTempDir()), volume_(makeTempDir()), outside_(makeTempDir()) {}
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: owners and devices";
  }
  std::string lower(llvm::StringRef path) const { return joinPath(lower_.path(), path); }
  std::string upper(llvm::StringRef path) const { return joinPath(upper_.path(), path); }
  std::string volume(llvm::StringRef path) const { return joinPath(volume_.path(), path); }
  layerfs::LayerStack image() const {
    std::vector<std::unique_ptr<layerfs::LayerReader>> readers;
    for (const TempDir* layer : {&lower_, &upper_})
      readers.push_back(must(layerfs::openDirectoryReader(layer->path())));
    return layerfs::LayerStack(std::move(readers));
  }
  /// Where the seed came from.
  std::string seed(llvm::StringRef target) {
    layerfs::LayerStack stack = image();
    auto path = must(seedOf(stack, target));
    if (!path) return "nothing";
    must(seedVolume(stack, *path, volume_.path()));
    return *path;
  }
  struct stat statOf(llvm::StringRef path) const {
    struct stat status {};
    EXPECT_EQ(::lstat(volume(path).c_str(), &status), 0) << path.str();
    return status;
  }
  TempDir lower_, upper_, volume_, outside_;
};

TEST_F(VolumeSeedTest, CopiesFilesWithAllThatTheyHave) {
  writeFile(lower("srv/data/sub/a"), "below", 0640);
  ASSERT_EQ(::chown(lower("srv/data/sub/a").c_str(), 1000, 1001), 0);
  ASSERT_EQ(::setxattr(lower("srv/data/sub/a").c_str(), "user.mark", "x", 1, 0), 0);
  ASSERT_EQ(::link(lower("srv/data/sub/a").c_str(), lower("srv/data/b").c_str()), 0);
  fs::create_symlink("../../etc/passwd", lower("srv/data/link"));
  ASSERT_EQ(::mkfifo(lower("srv/data/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::chmod(lower("srv/data").c_str(), 01770), 0);
  ASSERT_EQ(::chown(lower("srv/data").c_str(), 5, 6), 0);
  EXPECT_EQ(seed("/srv/data"), "srv/data");
  EXPECT_EQ(must(readFile(volume("sub/a"))), "below");
  struct stat file = statOf("sub/a");
  EXPECT_EQ(file.st_mode & 07777, 0640u);
  EXPECT_EQ(file.st_uid, 1000u);
  EXPECT_EQ(file.st_gid, 1001u);
  EXPECT_EQ(file.st_ino, statOf("b").st_ino);
  char value = 0;
  EXPECT_EQ(::getxattr(volume("b").c_str(), "user.mark", &value, 1), 1);
  EXPECT_EQ(fs::read_symlink(volume("link")), "../../etc/passwd");
  EXPECT_TRUE(S_ISFIFO(statOf("fifo").st_mode));
  struct stat top = statOf("");
  EXPECT_EQ(top.st_mode & 07777, 01770u);
  EXPECT_EQ(top.st_uid, 5u);
  EXPECT_EQ(top.st_gid, 6u);
}

TEST_F(VolumeSeedTest, ShowsTheImageAsAContainerWouldSeeIt) {
  writeFile(lower("data/gone"), "old");
  writeFile(lower("data/changed"), "old");
  fs::create_directories(upper("data"));
  ASSERT_EQ(::mknod(upper("data/gone").c_str(), S_IFCHR, makedev(0, 0)), 0);
  writeFile(upper("data/changed"), "new");
  seed("/data");
  EXPECT_FALSE(pathExists(volume("gone")));
  EXPECT_EQ(must(readFile(volume("changed"))), "new");
}

TEST_F(VolumeSeedTest, HolesStayHoles) {
  fs::create_directories(lower("data"));
  writeFile(lower("data/sparse"), "start");
  ASSERT_EQ(::truncate(lower("data/sparse").c_str(), 64 << 20), 0);
  seed("/data");
  EXPECT_EQ(statOf("sparse").st_size, 64 << 20);
  EXPECT_LT(statOf("sparse").st_blocks * 512, 1 << 20);
}

/// Links lead where they would lead a process in the container, whatever the image's author wished for.
TEST_F(VolumeSeedTest, LinksDoNotLeadOutOfTheImage) {
  writeFile(joinPath(outside_.path(), "secret"), "host's");
  fs::create_symlink(outside_.path(), lower("absolute"));
  fs::create_symlink("../../../../../.." + outside_.path(), lower("relative"));
  EXPECT_EQ(seed("/absolute"), "nothing");
  EXPECT_EQ(seed("/relative"), "nothing");
  EXPECT_EQ(seed("/../../.." + outside_.path()), "nothing");
  writeFile(lower(outside_.path() + "/own"), "image's");
  EXPECT_EQ("/" + seed("/absolute"), outside_.path());
  EXPECT_EQ(must(readFile(volume("own"))), "image's");
  EXPECT_FALSE(pathExists(volume("secret")));
}

TEST_F(VolumeSeedTest, LinksInsideAreCopiedAsLinksAndNeverWrittenThrough) {
  fs::create_directories(lower("data"));
  fs::create_directory_symlink(outside_.path(), lower("data/d"));
  fs::create_directories(upper("data/d"));
  writeFile(upper("data/d/file"), "x");
  seed("/data");
  EXPECT_EQ(must(readFile(volume("d/file"))), "x");
  EXPECT_FALSE(pathExists(joinPath(outside_.path(), "file")));
}

TEST_F(VolumeSeedTest, AFileIsNoPlaceForAVolume) {
  writeFile(lower("etc/passwd"), "root");
  layerfs::LayerStack stack = image();
  EXPECT_FAULT_SAYING(seedOf(stack, "/etc/passwd"), FaultKind::Invalid,
                      "cannot mount volume over existing file, file exists /etc/passwd");
  fs::create_symlink("b", lower("a"));
  fs::create_symlink("a", lower("b"));
  EXPECT_FAULT(seedOf(stack, "/a"), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::runtime

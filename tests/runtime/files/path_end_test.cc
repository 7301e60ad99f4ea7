#include "runtime/files/path_end.h"

#include "tests/support/testing.h"

#include <fcntl.h>
#include <unistd.h>

namespace strata::runtime {
namespace {
using namespace strata::testing;
using layerfs::FinalLink;

class PathEndTest : public ::testing::Test {
protected:
  void SetUp() override {
    writeFile(at("srv/data/file"), "x");
    link("file", "srv/data/link");
    link("/srv/data", "absolute");
    link("../../../../../etc", "srv/out");
    link("missing", "dangling");
    link("circle", "circle");
    root_ = must(openFile(dir_.path(), O_PATH | O_DIRECTORY));
  }
  std::string at(llvm::StringRef path) const { return joinPath(dir_.path(), path); }
  void link(const char* target, llvm::StringRef path) const {
    ASSERT_EQ(::symlink(target, at(path).c_str()), 0) << path.str();
  }
  llvm::Expected<PathEnd> find(llvm::StringRef path, FinalLink final = FinalLink::Keep) const {
    return findPathEnd(root_.get(), path, final);
  }
  /// The directory's place below the root, and the name in it.
  std::string placeOf(const PathEnd& end) const {
    char text[4096];
    std::string shown = "/proc/self/fd/" + std::to_string(end.directory.get());
    ssize_t size = ::readlink(shown.c_str(), text, sizeof text);
    llvm::StringRef place(text, size_t(size));
    EXPECT_TRUE(place.consume_front(dir_.path())) << place.str();
    return place.str() + "/" + end.name;
  }
  TempDir dir_ = makeTempDir();
  UniqueFd root_;
};

TEST_F(PathEndTest, SaysWhatIsThere) {
  PathEnd file = must(find("/srv//data/../data/file"));
  EXPECT_EQ(placeOf(file), "/srv/data/file");
  EXPECT_TRUE(file.status && S_ISREG(file.status->st_mode));
  EXPECT_EQ(file.base, "file");
  EXPECT_FALSE(file.wantsDirectory);
  PathEnd directory = must(find("srv/data/"));
  EXPECT_TRUE(directory.isDirectory() && directory.wantsDirectory && !directory.wantsContents);
  EXPECT_EQ(directory.base, "data");
  PathEnd contents = must(find("srv/data/."));
  EXPECT_TRUE(contents.isDirectory() && contents.wantsDirectory && contents.wantsContents);
  EXPECT_FALSE(must(find("/srv/new")).status);
}

TEST_F(PathEndTest, ARootIsItsContents) {
  for (const char* text : {"/", "", "/..", "a/.."}) {
    PathEnd end = must(find(text));
    EXPECT_EQ(placeOf(end), "/.") << text;
    EXPECT_TRUE(end.isDirectory() && end.wantsContents) << text;
  }
}

TEST_F(PathEndTest, ALinkAtTheEndIsKeptOrFollowed) {
  EXPECT_TRUE(S_ISLNK(must(find("srv/data/link")).status->st_mode));
  PathEnd followed = must(find("srv/data/link", FinalLink::Follow));
  EXPECT_EQ(placeOf(followed), "/srv/data/file");
  EXPECT_EQ(followed.base, "link") << "as it was typed";
  EXPECT_TRUE(S_ISLNK(must(find("absolute")).status->st_mode));
  EXPECT_EQ(placeOf(must(find("absolute/"))), "/srv/data");
  PathEnd dangling = must(find("dangling", FinalLink::Follow));
  EXPECT_EQ(placeOf(dangling), "/missing");
  EXPECT_FALSE(dangling.status);
  EXPECT_FAULT_SAYING(find("circle", FinalLink::Follow), FaultKind::Invalid, "in a circle");
}

TEST_F(PathEndTest, NothingLeadsOutOfTheRoot) {
  EXPECT_EQ(placeOf(must(find("absolute/file"))), "/srv/data/file");
  EXPECT_EQ(placeOf(must(find("../../../srv"))), "/srv");
  EXPECT_EQ(placeOf(must(find("srv/out", FinalLink::Follow))), "/etc") << "the root's own, which is not there";
  EXPECT_FAULT(find("srv/out/passwd"), FaultKind::NotFound);
  link("/proc/self/root/etc", "magic");
  EXPECT_FALSE(find("magic/passwd")) << "there is no /proc in it";
}

TEST_F(PathEndTest, DirectoriesOnTheWayMustBeThere) {
  EXPECT_FAULT(find("no/such"), FaultKind::NotFound);
  EXPECT_FAULT(find("srv/data/file/x"), FaultKind::NotFound);
}

TEST_F(PathEndTest, TheHostsPathsStartWhereWeAre) {
  PathEnd end = must(findPathEnd(kHostRoot, at("srv/data/file"), FinalLink::Keep));
  EXPECT_EQ(placeOf(end), "/srv/data/file");
  PathEnd here = must(findPathEnd(kHostRoot, ".", FinalLink::Keep));
  EXPECT_TRUE(here.isDirectory() && here.wantsContents);
}

}  // namespace
}  // namespace strata::runtime

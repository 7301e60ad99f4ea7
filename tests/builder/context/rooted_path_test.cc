#include "builder/context/rooted_path.h"

#include "tests/support/testing.h"

#include <fcntl.h>

namespace strata::builder {
namespace {

using testing::must;

class RootedPathTest : public ::testing::Test {
protected:
  void SetUp() override {
    testing::writeFile(directory_.path() + "/outside", "secret");
    testing::writeFile(root() + "/a/b/file", "x");
    fd_ = must(openFile(root(), O_RDONLY | O_DIRECTORY));
  }
  std::string root() const { return directory_.path() + "/root"; }
  void link(const std::string& target, const std::string& name) {
    ASSERT_EQ(::symlink(target.c_str(), (root() + "/" + name).c_str()), 0);
  }
  RootedPath resolve(llvm::StringRef path, LastLink last = LastLink::Follow) {
    return must(resolveBeneath(fd_.get(), path, last));
  }

  TempDir directory_ = testing::makeTempDir();
  UniqueFd fd_;
};

TEST_F(RootedPathTest, PlainPathsAreFoundAsTheyAre) {
  EXPECT_EQ(resolve("/a/b/file").path, "a/b/file");
  EXPECT_TRUE(S_ISREG(resolve("a/b/file").status.st_mode));
  EXPECT_TRUE(S_ISDIR(resolve("").status.st_mode));
}

TEST_F(RootedPathTest, LinksAreFollowedInsideTheRootOnly) {
  link("/a", "absolute");
  link("../../../../outside", "a/up");
  link("/etc/passwd", "passwd");
  link("b", "a/relative");
  EXPECT_EQ(resolve("absolute/b/file").path, "a/b/file");
  EXPECT_EQ(resolve("absolute/relative/file").path, "a/b/file");
  EXPECT_FALSE(resolve("a/up").exists);
  EXPECT_EQ(resolve("a/up").path, "outside");
  EXPECT_FALSE(resolve("passwd").exists);
  EXPECT_EQ(resolve("passwd").path, "etc/passwd");
}

TEST_F(RootedPathTest, ALastLinkCanBeKept) {
  link("a/b/file", "l");
  EXPECT_EQ(resolve("l").path, "a/b/file");
  EXPECT_TRUE(S_ISREG(resolve("l").status.st_mode));
  EXPECT_EQ(resolve("l", LastLink::Keep).path, "l");
  EXPECT_TRUE(S_ISLNK(resolve("l", LastLink::Keep).status.st_mode));
}

TEST_F(RootedPathTest, LinksToDotsLandWhereTheyShould) {
  link(".", "a/self");
  link("..", "a/b/up");
  link("/", "top");
  EXPECT_EQ(resolve("a/self").path, "a");
  EXPECT_TRUE(S_ISDIR(resolve("a/self").status.st_mode));
  EXPECT_EQ(resolve("a/b/up").path, "a");
  EXPECT_TRUE(S_ISDIR(resolve("a/b/up").status.st_mode));
  EXPECT_EQ(resolve("top").path, "");
  EXPECT_TRUE(S_ISDIR(resolve("top").status.st_mode));
}

TEST_F(RootedPathTest, WhatIsMissingIsNamed) {
  auto missing = resolve("a/none/of/it");
  EXPECT_FALSE(missing.exists);
  EXPECT_EQ(missing.missing, "a/none");
  EXPECT_EQ(missing.path, "a/none/of/it");
  EXPECT_FALSE(missing.blocked);
  auto blocked = resolve("a/b/file/below");
  EXPECT_TRUE(blocked.blocked);
  EXPECT_EQ(blocked.missing, "a/b/file");
}

TEST_F(RootedPathTest, CirclesEnd) {
  link("loop2", "loop1");
  link("loop1", "loop2");
  EXPECT_FAULT_SAYING(resolveBeneath(fd_.get(), "loop1/x", LastLink::Follow), FaultKind::Invalid, "too many levels");
}

TEST_F(RootedPathTest, OpeningNeverFollowsALink) {
  link("a/b/file", "l");
  link("a", "d");
  EXPECT_FALSE(openBeneath(fd_.get(), "l", O_RDONLY));
  EXPECT_FALSE(openBeneath(fd_.get(), "d/b/file", O_RDONLY));
  EXPECT_FALSE(openBeneath(fd_.get(), "../outside", O_RDONLY));
  EXPECT_TRUE(openBeneath(fd_.get(), "a/b/file", O_RDONLY));
}

TEST_F(RootedPathTest, PathsLongerThanTheKernelTakesAreWalked) {
  std::string path;
  UniqueFd at = must(openFile(root(), O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < 30; ++i) {
    std::string name(200, 'x');
    ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0755), 0);
    at = must(openFile(name, O_RDONLY | O_DIRECTORY, 0, at.get()));
    path = below(path, name);
  }
  EXPECT_GT(path.size(), 4096u);
  EXPECT_TRUE(openBeneath(fd_.get(), path, O_PATH));
  EXPECT_TRUE(resolve(path).exists);
}

}  // namespace
}  // namespace strata::builder

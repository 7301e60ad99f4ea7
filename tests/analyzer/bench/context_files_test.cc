#include "analyzer/bench/context_files.h"

#include "tests/support/testing.h"

#include <sys/stat.h>
#include <filesystem>

namespace strata::analyzer {
namespace {

using testing::must;

class ContextFilesTest : public ::testing::Test {
protected:
  void SetUp() override {
    testing::writeFile(context() + "/src/a", "a");
    testing::writeFile(outside(), "theirs");
    std::filesystem::create_directory_symlink(directory_.path() + "/outside", context() + "/link");
    std::filesystem::create_symlink(outside(), context() + "/passwd");
    ASSERT_EQ(::mkfifo((context() + "/pipe").c_str(), 0600), 0);
  }
  std::string context() const { return directory_.path() + "/context"; }
  std::string outside() const { return directory_.path() + "/outside/passwd"; }

  TempDir directory_ = testing::makeTempDir();
};

TEST_F(ContextFilesTest, AGrownFileHasAnotherContent) {
  ContextFiles files = must(ContextFiles::open(context()));
  must(files.grow("src/a"));
  must(files.grow("./src//a"));
  EXPECT_EQ(must(readFile(context() + "/src/a")), "a\n\n");
  EXPECT_FAULT(files.grow("absent"), FaultKind::NotFound);
  EXPECT_FAULT(ContextFiles::open(directory_.path() + "/absent"), FaultKind::NotFound);
}

TEST_F(ContextFilesTest, WhatIsNoRegularFileIsRefused) {
  ContextFiles files = must(ContextFiles::open(context()));
  EXPECT_TRUE(files.has("src/a"));
  for (const char* path : {"src", "pipe", "", "."}) {
    EXPECT_FALSE(files.has(path)) << path;
    EXPECT_NE(testing::faultOf(files.grow(path)).kind, std::nullopt) << path;
  }
}

TEST_F(ContextFilesTest, NothingOutsideIsReached) {
  ContextFiles files = must(ContextFiles::open(context()));
  for (const char* path : {"../outside/passwd", "src/../../outside/passwd", "link/passwd", "passwd"}) {
    EXPECT_FALSE(files.has(path)) << path;
    EXPECT_NE(testing::faultOf(files.grow(path)).kind, std::nullopt) << path;
  }
  EXPECT_EQ(must(readFile(outside())), "theirs");
  EXPECT_TRUE(files.has("../src/a")) << "as a build reads it";
}

}  // namespace
}  // namespace strata::analyzer

#include "analyzer/advice/advice.h"

#include "support/files.h"
#include "tests/support/testing.h"

#include <sys/stat.h>
#include <unistd.h>

namespace strata::analyzer {
namespace {

using strata::testing::must;
using strata::testing::writeFile;

/// A context with a Dockerfile, and the build that was made of it.
class AdviceFilesTest : public ::testing::Test {
protected:
  static constexpr const char* kText = "FROM base\nRUN a\nRUN b\n";

  void SetUp() override {
    build_.id = "0123456789ab";
    build_.context = directory_.path();
    build_.dockerfile = "Dockerfile";
    writeFile(dockerfile_, kText, 0640);
  }
  AdviceFiles read() { return must(readAdviceFiles(build_, digestOf(kText))); }
  static Advice edit(LineEdit edit, bool ofIgnoreFile = false) {
    Advice advice;
    advice.ofIgnoreFile = ofIgnoreFile;
    advice.edits.push_back(std::move(edit));
    return advice;
  }

  TempDir directory_ = strata::testing::makeTempDir();
  std::string dockerfile_ = directory_.path() + "/Dockerfile", ignore_ = directory_.path() + "/.dockerignore";
  builder::Build build_;
};

TEST_F(AdviceFilesTest, AnotherDockerfileGetsNoAdvice) {
  writeFile(dockerfile_, "FROM base\n");
  EXPECT_FAULT(readAdviceFiles(build_, digestOf(kText)), FaultKind::Invalid);
  ASSERT_EQ(::unlink(dockerfile_.c_str()), 0);
  EXPECT_FAULT(readAdviceFiles(build_, digestOf(kText)), FaultKind::NotFound);
  EXPECT_FAULT(readAdviceFiles(build_, std::nullopt), FaultKind::Invalid);
  build_.context = "-";
  EXPECT_FAULT(readAdviceFiles(build_, digestOf(kText)), FaultKind::NotFound);
}

TEST_F(AdviceFilesTest, WritesWhatGoesTogetherAndKeepsTheMode) {
  AdviceFiles files = read();
  std::vector<Advice> advice{edit({2, 2, {"RUN c"}}), edit({2, 3, {"RUN d"}}), edit({1, 0, {"*.log"}}, true)};
  EXPECT_EQ(must(applyAdvice(advice, files)), 2u) << "the second is about a line of the first";
  EXPECT_EQ(must(readFile(dockerfile_)), "FROM base\nRUN c\nRUN b\n");
  EXPECT_EQ(must(readFile(ignore_)), "*.log\n");
  struct stat status {};
  ASSERT_EQ(::stat(dockerfile_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(AdviceFilesTest, WritesNothingWhereAFileChangedMeanwhile) {
  AdviceFiles files = read();
  writeFile(ignore_, "mine\n");
  std::vector<Advice> advice{edit({2, 2, {"RUN c"}}), edit({1, 0, {"*.log"}}, true)};
  EXPECT_FAULT(applyAdvice(advice, files), FaultKind::Invalid);
  EXPECT_EQ(must(readFile(dockerfile_)), kText);
  EXPECT_EQ(must(readFile(ignore_)), "mine\n");
}

TEST_F(AdviceFilesTest, ALinkStaysALink) {
  std::string real = directory_.path() + "/real";
  ASSERT_EQ(::rename(dockerfile_.c_str(), real.c_str()), 0);
  ASSERT_EQ(::symlink("real", dockerfile_.c_str()), 0);
  AdviceFiles files = read();
  EXPECT_EQ(must(applyAdvice({edit({3, 3, {}})}, files)), 1u);
  EXPECT_EQ(must(readFile(real)), "FROM base\nRUN a\n");
  struct stat status {};
  ASSERT_EQ(::lstat(dockerfile_.c_str(), &status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
}

}  // namespace
}  // namespace strata::analyzer

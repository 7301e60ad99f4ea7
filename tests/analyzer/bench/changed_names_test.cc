#include "analyzer/bench/changed_names.h"

#include "support/cancel.h"
#include "support/process.h"
#include "tests/support/testing.h"

#include <sys/stat.h>
#include <cstdlib>

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::must;

class ChangedNamesTest : public ::testing::Test {
protected:
  void SetUp() override {
    testing::writeFile(repository_ + "/src/a", "a");
    git({"init", "-q"});
    git({"add", "."});
    git({"commit", "-qm", "first"});
  }
  std::string git(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), {"git", "-C", repository_, "-c", "user.name=n", "-c", "user.email=e@example.org"});
    auto ran = must(runProcess({.argv = std::move(words), .input = input}));
    EXPECT_EQ(ran.exitCode, 0) << ran.errors;
    return llvm::StringRef(ran.output).trim().str();
  }
  std::vector<std::string> names(const std::string& below = "") {
    return must(namesInCommits(repository_ + below, never_));
  }

  TempDir directory_ = testing::makeTempDir();
  std::string repository_ = directory_.path() + "/repository";
  CancelToken never_;
};

TEST_F(ChangedNamesTest, AreThoseBelowTheDirectory) {
  testing::writeFile(repository_ + "/src/a", "other");
  testing::writeFile(repository_ + "/b", "b");
  git({"add", "."});
  git({"commit", "-qm", "second"});
  EXPECT_THAT(names("/src"), ElementsAre("a", "a"));
  EXPECT_THAT(names(), ElementsAre("b", "src/a", "src/a"));
  EXPECT_THAT(must(namesInCommits(directory_.path(), never_)), IsEmpty());
}

/// A project's own settings may name a program that checks signatures of commits.
TEST_F(ChangedNamesTest, TheRepositorysSettingsStartNothing) {
  std::string program = directory_.path() + "/program", mark = directory_.path() + "/started";
  testing::writeFile(program, "#!/bin/sh\ntouch " + mark + "\n");
  ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
  std::string unsigned_ = git({"cat-file", "commit", "HEAD"});
  size_t end = unsigned_.find("\n\n");
  std::string commit = unsigned_.substr(0, end) +
                       "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----" +
                       unsigned_.substr(end) + "\n";
  git({"reset", "-q", "--hard", git({"hash-object", "-t", "commit", "-w", "--stdin"}, commit)});
  for (const char* name : {"gpg.program", "core.fsmonitor", "core.sshCommand"}) git({"config", name, program});
  git({"config", "log.showSignature", "true"});
  git({"log"});
  ASSERT_TRUE(pathExists(mark)) << "git alone starts it";
  ASSERT_EQ(unlinkPath(mark), 0);
  EXPECT_THAT(names(), ElementsAre("src/a"));
  EXPECT_FALSE(pathExists(mark));
}

TEST_F(ChangedNamesTest, AnotherRepositoryOfTheEnvironmentIsNotAsked) {
  ::setenv("GIT_DIR", (directory_.path() + "/absent").c_str(), 1);
  auto found = names();
  ::unsetenv("GIT_DIR");
  EXPECT_THAT(found, ElementsAre("src/a"));
}

}  // namespace
}  // namespace strata::analyzer

#include "builder/sources/git_source.h"

#include "support/fault.h"
#include "tests/builder/sources/sources_fixture.h"

#include <llvm/Support/Base64.h>

namespace strata::builder {
namespace {

using testing::GitRepository;
using testing::must;

class GitSourceTest : public SourcesTest {
protected:
  GitSourceTest() {
    repository_.file("f", "one");
    repository_.file("run", "#!/bin/sh\n", 0755);
    repository_.file("sub/g", "in sub");
    first_ = repository_.commit();
    repository_.git({"tag", "-a", "-m", "annotated", "v1"});
    repository_.git({"branch", "side"});
    publish();
  }
  void publish() { repository_.publish(server_.directory() + "/git/x.git"); }
  GitReference at(llvm::StringRef rest) {
    return *must(parseGitReference(server_.url("/git/x.git").append(rest.str()), GitForm::Source));
  }
  GitCommit resolve(llvm::StringRef rest) { return must(GitSource(place_, cancel_).resolve(at(rest))); }
  std::string checkOut(llvm::StringRef rest) { return checkOut(at(rest)); }
  std::string checkOut(const GitReference& reference) {
    GitSource source(place_, cancel_);
    return must(source.checkOut(reference, must(source.resolve(reference))));
  }
  size_t packsSent() const {
    size_t count = 0;
    for (const auto& request : server_.requests()) count += request.path.find("git-upload-pack") != std::string::npos;
    return count;
  }

  GitRepository repository_;
  std::string first_;
};

TEST_F(GitSourceTest, ADD_21_BranchesTagsCommitsAndTheDefault) {
  repository_.file("f", "two");
  std::string second = repository_.commit();
  publish();
  EXPECT_EQ(resolve("").id, second);
  EXPECT_EQ(resolve("#main").id, second);
  EXPECT_EQ(resolve("#side").id, first_);
  EXPECT_EQ(resolve("#v1").id, first_);  // what the tag stands for
  EXPECT_EQ(resolve("#refs/tags/v1").id, first_);
  EXPECT_EQ(resolve("#" + first_).id, first_);
  EXPECT_EQ(read(checkOut("#v1") + "/f"), "one");
  EXPECT_EQ(read(checkOut("") + "/f"), "two");
  EXPECT_EQ(read(checkOut("#" + first_) + "/f"), "one");
}

TEST_F(GitSourceTest, ADD_24_BranchAndTagMustBeWhatTheySay) {
  EXPECT_EQ(resolve("?branch=side").id, first_);
  EXPECT_EQ(resolve("?tag=v1").id, first_);
  GitSource source(place_, cancel_);
  for (const char* rest : {"?branch=v1", "?tag=side", "#none"})
    EXPECT_FAULT_SAYING(source.resolve(at(rest)), FaultKind::NotFound, "repository does not contain ref");
}

TEST_F(GitSourceTest, ADD_24_AShortCommitIsNoRefButAChecksum) {
  GitSource source(place_, cancel_);
  EXPECT_FAULT_SAYING(source.resolve(at("#" + first_.substr(0, 7))), FaultKind::NotFound,
                      "repository does not contain ref");
  EXPECT_EQ(resolve("?ref=main&checksum=" + first_.substr(0, 7)).id, first_);
  EXPECT_EQ(resolve("?tag=v1&commit=" + first_).id, first_);
  EXPECT_FAULT_SAYING(source.resolve(at("?ref=main&checksum=0123456")), FaultKind::Invalid,
                      "expected checksum to match");
  EXPECT_FAULT_SAYING(source.resolve(at("?commit=0123456#" + first_)), FaultKind::Invalid,
                      "expected checksum to match");
}

TEST_F(GitSourceTest, ADD_24_FetchByCommitTakesTheCommitWhateverTheRefIsNow) {
  repository_.file("f", "two");
  repository_.commit();
  publish();
  EXPECT_EQ(read(checkOut("?ref=main&fetch-by-commit&commit=" + first_) + "/f"), "one");
}

TEST_F(GitSourceTest, ADD_26_ADD_28_PlainFilesWithoutTheRepository) {
  ::umask(077);
  std::string tree = checkOut("");
  ::umask(022);
  EXPECT_FALSE(pathExists(tree + "/.git"));
  EXPECT_EQ(modeOf(tree + "/f"), 0644u);
  EXPECT_EQ(modeOf(tree + "/run"), 0755u);
  EXPECT_EQ(modeOf(tree + "/sub"), 0755u);
  EXPECT_EQ(modeOf(tree), 0755u);
}

TEST_F(GitSourceTest, ADD_26_AKeptRepositoryIsCleanShallowAndKnowsItsOrigin) {
  repository_.file("f", "two");
  std::string second = repository_.commit();
  publish();
  GitReference reference = at("?keep-git-dir");
  reference.userInfo = "me:hush";
  std::string tree = checkOut(reference);
  auto git = [&](std::vector<std::string> arguments) {
    ProcessSpec spec{.argv = {"git", "-C", tree, "-c", "safe.directory=*"}};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    return llvm::StringRef(must(runProcess(spec)).output).trim().str();
  };
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  EXPECT_EQ(git({"rev-parse", "HEAD"}), second);
  EXPECT_EQ(git({"rev-list", "--count", "HEAD"}), "1");
  EXPECT_EQ(git({"remote", "get-url", "origin"}), server_.url("/git/x.git"));
  EXPECT_EQ(must(runProcess({.argv = {"grep", "-r", "hush", tree}})).output, "");
}

TEST_F(GitSourceTest, ADD_27_SubmodulesComeUnlessUnwanted) {
  GitRepository inner, innermost;
  innermost.file("deep", "deepest");
  innermost.commit();
  innermost.publish(server_.directory() + "/git/innermost.git");
  inner.file("i", "inside");
  inner.git({"submodule", "--quiet", "add", server_.url("/git/innermost.git"), "deeper"});
  inner.commit();
  inner.publish(server_.directory() + "/git/inner.git");
  repository_.git({"submodule", "--quiet", "add", server_.url("/git/inner.git"), "module"});
  repository_.git({"config", "-f", ".gitmodules", "submodule.module.url", "../inner.git"});
  repository_.commit();
  publish();
  std::string tree = checkOut("");
  EXPECT_EQ(read(tree + "/module/i"), "inside");
  EXPECT_EQ(read(tree + "/module/deeper/deep"), "deepest");
  EXPECT_FALSE(pathExists(tree + "/.git"));
  EXPECT_FALSE(pathExists(tree + "/module/.git"));
  std::string without = checkOut("?submodules=false");
  EXPECT_FALSE(pathExists(without + "/module/i"));
  EXPECT_NE(tree, without);
}

TEST_F(GitSourceTest, ASubmoduleCannotNameAnotherTransport) {
  std::string secret = directory_.path() + "/local.git";
  repository_.publish(secret);
  repository_.file(".gitmodules", "[submodule \"m\"]\n\tpath = m\n\turl = file://" + secret + "\n");
  repository_.git({"update-index", "--add", "--cacheinfo", "160000," + first_ + ",m"});
  repository_.git({"add", ".gitmodules"});
  repository_.git({"commit", "-q", "-m", "hostile"});
  publish();
  GitSource source(place_, cancel_);
  auto tree = source.checkOut(at(""), must(source.resolve(at(""))));
  auto seen = testing::faultOf(std::move(tree));
  EXPECT_TRUE(seen.kind.has_value());
  EXPECT_THAT(seen.message, ::testing::HasSubstr("not allowed"));
}

TEST_F(GitSourceTest, ADD_28_TimesAreTheCommitsIfWanted) {
  std::string dated = checkOut("?mtime=commit");
  EXPECT_EQ(statusOf(dated + "/f").st_mtime, 1700000000);
  EXPECT_EQ(statusOf(dated + "/sub").st_mtime, 1700000000);
  EXPECT_GT(statusOf(checkOut("?mtime=checkout") + "/f").st_mtime, 1700000000);
  GitSource source(place_, cancel_);
  EXPECT_EQ(must(source.commitTime(at(""), must(source.resolve(at(""))))), 1700000000);
}

TEST_F(GitSourceTest, ADD_28_Sha256Repositories) {
  GitRepository modern("sha256");
  modern.file("f", "modern");
  std::string commit = modern.commit();
  ASSERT_EQ(commit.size(), 64u);
  modern.publish(server_.directory() + "/git/modern.git");
  for (std::string rest : {"", "#main", "?keep-git-dir", ""}) {
    auto reference = *must(parseGitReference(server_.url("/git/modern.git" + rest), GitForm::Source));
    EXPECT_EQ(read(checkOut(reference) + "/f"), "modern");
  }
  auto byCommit = *must(parseGitReference(server_.url("/git/modern.git#" + commit), GitForm::Source));
  EXPECT_EQ(read(checkOut(byCommit) + "/f"), "modern");
}

TEST_F(GitSourceTest, ADD_29_CACHE_11_TheCommitAndItsLayoutMakeTheIdentity) {
  GitCommit commit{first_, "refs/heads/main"};
  auto identity = [&](llvm::StringRef rest) { return GitSource::identityOf(at(rest), commit); };
  EXPECT_EQ(identity(""), identity("#side"));
  EXPECT_EQ(identity(""), identity("?checksum=" + first_));
  for (const char* rest : {"?keep-git-dir", "?submodules=false", "?mtime=commit"})
    EXPECT_NE(identity(""), identity(rest)) << rest;
}

TEST_F(GitSourceTest, ADD_29_AKnownCommitIsNotFetchedAgain) {
  checkOut("");
  must(removeTree(place_.directory + "/trees"));
  server_.forgetRequests();
  checkOut("#" + first_);
  EXPECT_EQ(server_.requests().size(), 0u);
}

TEST_F(GitSourceTest, ADD_30_SecretsInTheirOrder) {
  auto basic = [](llvm::StringRef text) { return "Basic " + llvm::encodeBase64(text); };
  server_.needGitAuth(basic("x-access-token:secret"));
  GitSource source(place_, cancel_);
  EXPECT_FAULT(source.resolve(at("")), FaultKind::Denied);
  secrets_["GIT_AUTH_TOKEN"] = "secret";
  EXPECT_EQ(read(checkOut("") + "/f"), "one");
  secrets_["GIT_AUTH_HEADER"] = "Bearer general";
  server_.needGitAuth("Bearer general");
  EXPECT_EQ(resolve("#side").id, first_);
  std::string host = server_.authority();
  secrets_["GIT_AUTH_TOKEN." + host] = "of host";
  server_.needGitAuth(basic("x-access-token:of host"));
  EXPECT_EQ(resolve("#side").id, first_);
  secrets_["GIT_AUTH_HEADER." + host] = "Bearer special";
  server_.needGitAuth("Bearer special");
  EXPECT_EQ(resolve("#side").id, first_);
}

TEST_F(GitSourceTest, ADD_30_PrivateSubmodulesOfTheSameHost) {
  GitRepository inner;
  inner.file("i", "inside");
  inner.commit();
  inner.publish(server_.directory() + "/git/inner.git");
  repository_.git({"submodule", "--quiet", "add", server_.url("/git/inner.git"), "module"});
  repository_.commit();
  publish();
  server_.needGitAuth("Bearer b");
  secrets_["GIT_AUTH_HEADER"] = "Bearer b";
  EXPECT_EQ(read(checkOut("") + "/module/i"), "inside");
}

TEST_F(GitSourceTest, ADD_30_ThePasswordOfAUrlAuthenticatesAndIsNoArgument) {
  server_.needGitAuth("Basic " + llvm::encodeBase64(llvm::StringRef("me:hu sh")));
  auto reference = *must(parseGitReference("http://me:hu%20sh@" + server_.authority() + "/git/x.git", GitForm::Source));
  EXPECT_EQ(read(checkOut(reference) + "/f"), "one");
  EXPECT_EQ(must(runProcess({.argv = {"grep", "-r", "hu sh", place_.directory}})).output, "");
}

TEST_F(GitSourceTest, ADD_30_TheOfferedAgentIsAskedForAndItsFaultIsTheSources) {
  int asked = 0;
  place_.sshAgent = [&]() -> llvm::Expected<std::optional<std::string>> {
    ++asked;
    return std::nullopt;
  };
  EXPECT_EQ(resolve("").id, first_);
  EXPECT_GT(asked, 0);  // a submodule may be behind ssh
  place_.sshAgent = [&]() -> llvm::Expected<std::optional<std::string>> {
    return fault(FaultKind::NotFound, "no ssh-agent");
  };
  EXPECT_FAULT_SAYING(GitSource(place_, cancel_).resolve(at("")), FaultKind::NotFound, "no ssh-agent");
}

TEST_F(GitSourceTest, ADumbServerWillDo) {
  auto reference = *must(parseGitReference(server_.url("/dumb/x.git"), GitForm::Source));
  repository_.publish(server_.directory() + "/dumb/x.git");
  EXPECT_EQ(read(checkOut(reference) + "/f"), "one");
}

TEST_F(GitSourceTest, TheMachinesSettingsAndTheRepositorysHooksDecideNothing) {
  ::setenv("GIT_CONFIG_PARAMETERS", "'core.autocrlf=true'", 1);
  std::string home = directory_.path() + "/home";
  testing::writeFile(home + "/.gitconfig", "[url \"file:///nowhere/\"]\n\tinsteadOf = http\n");
  const char* before = ::getenv("HOME");
  std::string kept = before ? before : "";
  ::setenv("HOME", home.c_str(), 1);
  std::string tree = checkOut("");
  ::setenv("HOME", kept.c_str(), 1);
  ::unsetenv("GIT_CONFIG_PARAMETERS");
  EXPECT_EQ(read(tree + "/f"), "one");
}

TEST_F(GitSourceTest, AServerThatIsNotThereIsUnavailable) {
  auto nowhere = *must(parseGitReference("http://127.0.0.1:1/x.git", GitForm::Source));
  EXPECT_FAULT(GitSource(place_, cancel_).resolve(nowhere), FaultKind::Unavailable);
}

}  // namespace
}  // namespace strata::builder

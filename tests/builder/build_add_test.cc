#include "support/process.h"
#include "tests/builder/build_fixture.h"
#include "tests/support/git_repository.h"
#include "tests/support/remote_server.h"

namespace strata::builder {
namespace {

using testing::GitRepository;
using testing::must;
using testing::writeFile;

/// ADD of what comes from outside.
class BuildAddTest : public BuildTest {
protected:
  void SetUp() override {
    BuildTest::SetUp();
    repository_.file("f", "one");
    repository_.file("run", "#!/bin/sh\n", 0755);
    repository_.file("sub/g", "in sub");
    repository_.file("sub/h.txt", "text");
    first_ = repository_.commit();
    repository_.git({"tag", "v1"});
    publish();
  }
  void publish() { repository_.publish(server_.directory() + "/git/x.git"); }
  std::string git(llvm::StringRef rest = "") { return server_.url("/git/x.git" + rest.str()); }
  /// One ADD upon nothing.
  BuildResult add(const std::string& rest) {
    dockerfile("FROM scratch\nADD " + rest + "\n");
    return mustBuild();
  }
  testing::SeenFault faultOfAdd(const std::string& rest) {
    dockerfile("FROM scratch\nADD " + rest + "\n");
    return testing::faultOf(tryBuild());
  }
  void archive(const std::string& name, const std::string& compression) {
    TempDir root = testing::makeTempDir();
    writeFile(root.path() + "/in/tar", "packed");
    must(makeDirectories(name.substr(0, name.rfind('/'))));
    auto made = must(runProcess({.argv = {"tar", "-C", root.path(), compression, "-cf", name, "in"}}));
    ASSERT_EQ(made.exitCode, 0) << made.errors;
  }

  testing::RemoteServer server_;
  GitRepository repository_;
  std::string first_;
};

TEST_F(BuildAddTest, ADD_1_SourcesOfAllKindsInTheirOrder) {
  server_.file("web", "web");
  server_.file("f", "of the web");
  writeFile(context("local"), "local");
  BuildResult mixed =
      add("local " + git() + " " + server_.url("/web") + " " + server_.url("/f") + " <<EOF /d/\nEOF text\nEOF");
  EXPECT_EQ(fileInImage(mixed.image, "d/local"), "local");
  EXPECT_EQ(fileInImage(mixed.image, "d/web"), "web");
  EXPECT_EQ(fileInImage(mixed.image, "d/sub/g"), "in sub");
  EXPECT_EQ(fileInImage(mixed.image, "d/f"), "of the web");  // later than the repository's
  EXPECT_EQ(fileInImage(mixed.image, "d/EOF"), "EOF text\n");
  BuildResult other = add(server_.url("/f") + " " + git() + " /d/");
  EXPECT_EQ(fileInImage(other.image, "d/f"), "one");
}

TEST_F(BuildAddTest, ADD_2_GithubWithoutSchemeIsALocalPath) {
  writeFile(context("github.com/org/repo/f"), "here");
  EXPECT_EQ(fileInImage(add("github.com/org/repo /d").image, "d/f"), "here");
}

TEST_F(BuildAddTest, ADD_7_UnpackTurnsExtractionOnAndOff) {
  archive(server_.directory() + "/a.tar.gz", "--gzip");
  archive(context("l.tar.xz"), "--xz");
  server_.file("plain", "no archive");
  EXPECT_TRUE(isInImage(add(server_.url("/a.tar.gz") + " /d/").image, "d/a.tar.gz"));
  EXPECT_EQ(fileInImage(add("--unpack=true " + server_.url("/a.tar.gz") + " /d/").image, "d/in/tar"), "packed");
  EXPECT_EQ(fileInImage(add("--unpack=true " + server_.url("/plain") + " /d/").image, "d/plain"), "no archive");
  EXPECT_EQ(fileInImage(add("l.tar.xz /d").image, "d/in/tar"), "packed");
  EXPECT_TRUE(isInImage(add("--unpack=false l.tar.xz /d/").image, "d/l.tar.xz"));
  BuildResult both = add("l.tar.xz " + server_.url("/a.tar.gz") + " /d/");
  EXPECT_TRUE(isInImage(both.image, "d/in/tar"));
  EXPECT_TRUE(isInImage(both.image, "d/a.tar.gz"));
}

TEST_F(BuildAddTest, ADD_9_NamesAtTheDestination) {
  server_.file("a.txt", "data");
  server_.behave("/a.txt", {{"headers", llvm::json::Object{{"Content-Disposition", "attachment; filename=evil"}}}});
  server_.behave("/", {{"file", "a.txt"}});
  EXPECT_EQ(fileInImage(add(server_.url("/a.txt?x=1") + " /d/").image, "d/a.txt"), "data");
  EXPECT_EQ(fileInImage(add(server_.url("/a.txt") + " /d").image, "d"), "data");
  EXPECT_EQ(fileInImage(add(server_.url("/") + " /d/").image, "d/__unnamed__"), "data");
  dockerfile("FROM base\nADD " + server_.url("/a.txt") + " /etc\n");
  EXPECT_EQ(fileInImage(mustBuild().image, "etc/a.txt"), "data");
}

TEST_F(BuildAddTest, ADD_10_ModeOwnerAndTime) {
  server_.file("f", "data");
  server_.behave("/f", {{"lastModified", kDate}});
  dockerfile("FROM base\nUSER ada\nADD " + server_.url("/f") + " /f\n");
  struct stat status = statusInImage(mustBuild().image, "f");
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(status.st_uid, 0u);
  EXPECT_EQ(status.st_mtime, 1445412480);
  server_.behave("/f", {{"lastModified", "Wed, 21 Oct 2020 07:28:00 GMT"}});
  mustBuild();
  EXPECT_EQ(outcomes(), "HH");  // another time is no change
}

TEST_F(BuildAddTest, ADD_11_CACHE_11_OnlyAChangedFileIsAddedAgain) {
  server_.file("f", "one");
  server_.behave("/f", {{"etag", "\"1\""}});
  add(server_.url("/f") + " /f");
  EXPECT_EQ(outcomes(), "E");
  mustBuild();
  EXPECT_EQ(outcomes(), "H");
  server_.file("f", "two");
  server_.behave("/f", {{"etag", "\"2\""}});
  EXPECT_EQ(fileInImage(mustBuild().image, "f"), "two");
  EXPECT_EQ(outcomes(), "E");
}

TEST_F(BuildAddTest, ADD_12_AFailedDownloadPointsAtItsLine) {
  auto seen = faultOfAdd(server_.url("/none") + " /f");
  EXPECT_EQ(seen.kind, FaultKind::NotFound);
  EXPECT_THAT(seen.message, ::testing::HasSubstr(">>> ADD http://"));
  EXPECT_THAT(seen.message, ::testing::HasSubstr("404 Not Found"));
}

TEST_F(BuildAddTest, ADD_13_AChecksumIsExpandedAndChecked) {
  server_.file("f", "data");
  dockerfile("FROM scratch\nARG SUM=" + digestOf("data").str() + "\nADD --checksum=$SUM " + server_.url("/f") +
             " /f\n");
  EXPECT_EQ(fileInImage(mustBuild().image, "f"), "data");
  EXPECT_THAT(faultOfAdd("--checksum=" + digestOf("x").str() + " " + server_.url("/f") + " /f").message,
              ::testing::HasSubstr("digest mismatch"));
  EXPECT_THAT(faultOfAdd("--checksum=sha512:00 " + server_.url("/f") + " /f").message,
              ::testing::HasSubstr("unsupported digest algorithm"));
}

TEST_F(BuildAddTest, ADD_14_AChecksumNeedsOneRemoteSource) {
  std::string sum = "--checksum=" + digestOf("x").str() + " ";
  writeFile(context("a"), "a");
  EXPECT_THAT(faultOfAdd(sum + server_.url("/f") + " " + server_.url("/g") + " /d/").message,
              ::testing::HasSubstr("multiple sources"));
  EXPECT_THAT(faultOfAdd(sum + "a /d/").message, ::testing::HasSubstr("requires HTTP(S) or Git sources"));
}

TEST_F(BuildAddTest, ADD_15_SecretsAuthenticateAndStayOut) {
  server_.file("f", "private");
  server_.behave("/f", {{"auth", "Bearer hush"}});
  ::setenv("STRATA_TEST_TOKEN", "hush", 1);
  request_.secrets.add(
      {.id = "HTTP_AUTH_TOKEN_127.0.0.1", .kind = SecretSource::Kind::Env, .name = "STRATA_TEST_TOKEN"});
  EXPECT_EQ(fileInImage(add(server_.url("/f") + " /f").image, "f"), "private");
  ::unsetenv("STRATA_TEST_TOKEN");
  EXPECT_EQ(printJson(toJson(journal())).find("hush"), std::string::npos);
}

TEST_F(BuildAddTest, ADD_16_UrlsNeedNoContext) {
  server_.file("f", "data");
  std::string text = "FROM scratch\nADD " + server_.url("/f") + " /f\nADD " + git() + " /git\n";
  StringSource source(text);
  request_.context = "-";
  request_.input = &source;
  BuildResult result = mustBuild();
  EXPECT_EQ(fileInImage(result.image, "f"), "data");
  EXPECT_EQ(fileInImage(result.image, "git/f"), "one");
}

TEST_F(BuildAddTest, ADD_25_ADD_28_ARepositoryIsADirectory) {
  mode_t before = ::umask(077);
  BuildResult result = add(git() + " /d");
  ::umask(before);
  EXPECT_EQ(fileInImage(result.image, "d/f"), "one");
  EXPECT_FALSE(isInImage(result.image, "d/.git"));
  EXPECT_EQ(statusInImage(result.image, "d/f").st_mode & 07777, 0644u);
  EXPECT_EQ(statusInImage(result.image, "d/run").st_mode & 07777, 0755u);
  EXPECT_EQ(statusInImage(result.image, "d/sub").st_mode & 07777, 0755u);
  EXPECT_EQ(statusInImage(result.image, "d/f").st_uid, 0u);
}

TEST_F(BuildAddTest, ADD_21_ADD_22_RefsAndDirectories) {
  repository_.file("f", "two");
  repository_.commit();
  publish();
  EXPECT_EQ(fileInImage(add(git("#v1") + " /d").image, "d/f"), "one");
  EXPECT_EQ(fileInImage(add(git("?tag=v1&subdir=sub") + " /d").image, "d/g"), "in sub");
  BuildResult subdir = add(git("#:sub") + " /d");
  EXPECT_EQ(fileInImage(subdir.image, "d/g"), "in sub");
  EXPECT_FALSE(isInImage(subdir.image, "d/sub"));
  EXPECT_THAT(faultOfAdd(git("#:nowhere") + " /d").message, ::testing::HasSubstr("\"/nowhere\": not found"));
  EXPECT_THAT(faultOfAdd(git("#:f") + " /d").message, ::testing::HasSubstr("is no directory"));
  EXPECT_THAT(faultOfAdd(git("#none") + " /d").message, ::testing::HasSubstr("repository does not contain ref"));
}

TEST_F(BuildAddTest, ADD_23_FlagsAndQueriesMustAgree) {
  EXPECT_THAT(faultOfAdd("--checksum=abc " + git("?checksum=def") + " /d").message,
              ::testing::HasSubstr("checksum conflicts"));
  EXPECT_THAT(faultOfAdd("--keep-git-dir=true " + git("?keep-git-dir=false") + " /d").message,
              ::testing::HasSubstr("keep-git-dir conflicts"));
  EXPECT_THAT(faultOfAdd(git("?ref=a#b") + " /d").message, ::testing::HasSubstr("ref conflicts"));
  EXPECT_THAT(faultOfAdd(git("?ref=a#b") + " /d").message, ::testing::HasSubstr(">>> ADD"));
}

TEST_F(BuildAddTest, ADD_26_TheRepositoryIsKeptOnRequestButNotWithADirectory) {
  EXPECT_TRUE(isInImage(add("--keep-git-dir=true " + git() + " /d").image, "d/.git/HEAD"));
  EXPECT_TRUE(isInImage(add(git("?keep-git-dir") + " /d").image, "d/.git/HEAD"));
  EXPECT_FALSE(isInImage(add("--keep-git-dir=true " + git("#:sub") + " /d").image, "d/.git"));
}

TEST_F(BuildAddTest, ADD_29_CACHE_11_TheCommitDecides) {
  add(git() + " /d");
  EXPECT_EQ(outcomes(), "E");
  mustBuild();
  EXPECT_EQ(outcomes(), "H");
  add("--checksum=" + first_ + " " + git() + " /d");
  EXPECT_EQ(outcomes(), "H");
  repository_.file("f", "two");
  repository_.commit();
  publish();
  EXPECT_EQ(fileInImage(add(git() + " /d").image, "d/f"), "two");
  EXPECT_EQ(outcomes(), "E");
  add("--keep-git-dir=true " + git() + " /d");
  EXPECT_EQ(outcomes(), "E");
  EXPECT_THAT(faultOfAdd("--checksum=" + first_ + " " + git() + " /d").message,
              ::testing::HasSubstr("expected checksum to match"));
}

TEST_F(BuildAddTest, ADD_29_NothingIsFetchedForAHit) {
  add(git() + " /d");
  must(removeTree(store_->root() + "/sources"));
  mustBuild();
  EXPECT_EQ(outcomes(), "H");
  EXPECT_FALSE(pathExists(store_->root() + "/sources/trees"));
}

TEST_F(BuildAddTest, ADD_31_FlagsOfCopyWork) {
  server_.file("f", "data");
  dockerfile("FROM base\nADD --chown=ada:users --chmod=751 " + server_.url("/f") + " /web\nADD --chown=7:8 " + git() +
             " /git\nADD --exclude=*.txt " + git("#:sub") + " /some\nADD --link " + git() + " /linked/\nADD --link " +
             server_.url("/f") + " /linked/web\n");
  BuildResult result = mustBuild();
  struct stat web = statusInImage(result.image, "web");
  EXPECT_EQ(web.st_mode & 07777, 0751u);
  EXPECT_EQ(web.st_uid, 1000u);
  EXPECT_EQ(web.st_gid, 100u);
  EXPECT_EQ(statusInImage(result.image, "git/sub/g").st_uid, 7u);
  EXPECT_EQ(statusInImage(result.image, "git/sub").st_gid, 8u);
  EXPECT_TRUE(isInImage(result.image, "some/g"));
  EXPECT_FALSE(isInImage(result.image, "some/h.txt"));
  EXPECT_EQ(fileInImage(result.image, "linked/f"), "one");
  addBase("base", "two");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHHHHH");
}

TEST_F(BuildAddTest, COPY_3_CopyTakesNeitherUrlsNorRepositories) {
  dockerfile("FROM scratch\nCOPY " + server_.url("/f") + " /f\n");
  EXPECT_FAULT_SAYING(tryBuild(), FaultKind::Invalid, "source can't be a URL for COPY");
  dockerfile("FROM scratch\nCOPY " + git() + " /f\n");
  EXPECT_FAULT_SAYING(tryBuild(), FaultKind::Invalid, "source can't be a git ref for COPY");
  archive(context("a.tar"), "--no-auto-compress");
  dockerfile("FROM scratch\nCOPY a.tar /d/\n");
  EXPECT_TRUE(isInImage(mustBuild().image, "d/a.tar"));
}

TEST_F(BuildAddTest, PasswordsInUrlsAreNeitherShownNorKept) {
  server_.file("f", "data");
  std::string url = server_.url("/f");
  url.insert(7, "me:hush@");
  BuildResult result = add(url + " /f");
  auto image = must(store_->images().load(result.image));
  EXPECT_EQ(image.config.history.back().createdBy,
            "ADD http://xxxxx:xxxxx@" + server_.authority() + "/f /f # buildkit");
  Build build = journal();
  for (const BuildStep& step : build.steps)
    for (const KeyComponent& component : step.components) EXPECT_EQ(component.value.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace strata::builder

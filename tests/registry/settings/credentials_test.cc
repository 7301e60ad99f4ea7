#include "registry/settings/credentials.h"

#include "registry/settings/credential_store.h"
#include "tests/support/environment.h"

#include <sys/stat.h>

namespace strata::registry {
namespace {
using strata::testing::Environment;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::writeFile;

/// A configuration of the test's own.
class CredentialsTest : public ::testing::Test {
protected:
  void configure(const std::string& text) { writeFile(file(), text); }
  std::string file() const { return directory_.path() + "/config.json"; }
  /// A helper that keeps one secret in a file.
  void installHelper() {
    writeFile(directory_.path() + "/docker-credential-safe",
              "#!/bin/sh\ncd " + directory_.path() +
                  "\ncase $1 in\nstore) cat > secret;;\nerase) rm secret;;\n"
                  "get) read key; grep -q \"\\\"$key\\\"\" secret 2>/dev/null && cat secret || {\n"
                  "  echo credentials not found in native keychain; exit 1; };;\nesac\n",
              0755);
    environment_.set("PATH", directory_.path() + ":" + ::getenv("PATH"));
  }

  TempDir directory_ = makeTempDir();
  Environment environment_{{{"DOCKER_CONFIG", directory_.path()}, {"REGISTRY_AUTH_FILE", ""}}};
};

TEST_F(CredentialsTest, NothingIsKnownWithoutAFile) {
  auto found = must(lookUpCredential("reg.example"));
  EXPECT_EQ(found.credential, std::nullopt);
  ASSERT_EQ(found.files.size(), 1u);
  EXPECT_EQ(found.files[0].path, file());
  EXPECT_FALSE(found.files[0].there);
}

TEST_F(CredentialsTest, TheLongestBeginningOfTheNameWins) {
  configure(R"({"auths": {"reg.example": {"username": "host"}, "reg.example/team": {"username": "team"},
                "reg.example/team/app": {"username": "app"}, "https://old.example": {"username": "old"}}})");
  EXPECT_EQ(must(findCredential("reg.example"))->user, "host");
  EXPECT_EQ(must(findCredential("reg.example", "other/app"))->user, "host");
  EXPECT_EQ(must(findCredential("reg.example", "team/other"))->user, "team");
  EXPECT_EQ(must(findCredential("reg.example", "team/app"))->user, "app");
  EXPECT_EQ(must(findCredential("reg.example", "team/app2"))->user, "team");
  EXPECT_EQ(must(findCredential("old.example", "x"))->user, "old");
  EXPECT_EQ(must(findCredential("example")), std::nullopt);
}

TEST_F(CredentialsTest, DockerHubHasANameOfOld) {
  configure(R"({"auths": {"https://index.docker.io/v1/": {"auth": "YWRhOm9wZW4gc2VzYW1l"}}})");
  EXPECT_EQ(must(findCredential("docker.io"))->password, "open sesame");
}

TEST_F(CredentialsTest, ComeFromAHelper) {
  installHelper();
  configure(R"({"credsStore": "safe"})");
  writeFile(directory_.path() + "/secret", R"({"ServerURL": "reg.example", "Username": "ada", "Secret": "s"})");
  auto known = must(lookUpCredential("reg.example", "team/app"));
  EXPECT_EQ(known.credential->user, "ada");
  EXPECT_EQ(known.credential->password, "s");
  EXPECT_EQ(known.helper, "docker-credential-safe");
  EXPECT_EQ(must(findCredential("other.example")), std::nullopt);
  configure(R"({"credHelpers": {"reg.example": "absent"}})");
  EXPECT_FAULT_SAYING(findCredential("reg.example"), FaultKind::Denied, "docker-credential-absent");
  configure(R"({"credHelpers": {"reg.example": "../safe"}})");
  EXPECT_FAULT_SAYING(findCredential("reg.example"), FaultKind::Invalid, "no plain name");
}

TEST_F(CredentialsTest, AnUnreadableFileIsNamed) {
  configure("{");
  EXPECT_FAULT_SAYING(findCredential("reg.example"), FaultKind::Invalid, "config.json");
  configure(R"({"auths": {"reg.example": {"auth": "!"}}})");
  EXPECT_FAULT_SAYING(findCredential("reg.example"), FaultKind::Invalid, "not base64");
}

TEST_F(CredentialsTest, AnAuthFileStandsForAllOthers) {
  configure(R"({"auths": {"reg.example": {"username": "docker"}}})");
  writeFile(directory_.path() + "/auth.json", R"({"auths": {"reg.example": {"username": "podman"}}})");
  environment_.set("REGISTRY_AUTH_FILE", directory_.path() + "/auth.json");
  EXPECT_EQ(must(findCredential("reg.example"))->user, "podman");
}

TEST_F(CredentialsTest, PodmansLoginsAreFoundBehindDockers) {
  environment_.set("DOCKER_CONFIG", "");
  environment_.set("HOME", directory_.path());
  environment_.set("XDG_RUNTIME_DIR", "");
  environment_.set("XDG_CONFIG_HOME", "");
  writeFile(directory_.path() + "/.docker/config.json", R"({"auths": {"a.example": {"username": "docker"}}})");
  writeFile(directory_.path() + "/.config/containers/auth.json",
            R"({"auths": {"a.example": {"username": "podman"}, "b.example": {"username": "podman"}}})");
  EXPECT_EQ(must(findCredential("a.example"))->user, "docker");
  EXPECT_EQ(must(findCredential("b.example"))->user, "podman");
}

TEST_F(CredentialsTest, ALoginIsKeptForItsOwnerAloneAndAllElseStays) {
  configure(R"({"auths": {"other.example": {"auth": "eA=="}}, "detachKeys": "ctrl-p", "plugins": {"n": {"x": "1"}}})");
  auto place = must(storeCredential("reg.example", {.user = "ada", .password = "open sesame"}));
  EXPECT_EQ(place.file, file());
  EXPECT_EQ(place.helper, "");
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  auto kept = must(readConfiguration(file()));
  EXPECT_EQ(kept.getObject("auths")->getObject("reg.example")->getString("auth"), "YWRhOm9wZW4gc2VzYW1l");
  EXPECT_TRUE(kept.getObject("auths")->getObject("other.example"));
  EXPECT_EQ(kept.getString("detachKeys"), "ctrl-p");
  EXPECT_EQ(kept.getObject("plugins")->getObject("n")->getString("x"), "1");
  EXPECT_EQ(must(findCredential("reg.example"))->password, "open sesame");

  EXPECT_TRUE(must(eraseCredential("reg.example")));
  EXPECT_FALSE(must(eraseCredential("reg.example")));
  EXPECT_EQ(must(findCredential("reg.example")), std::nullopt);
  EXPECT_TRUE(must(readConfiguration(file())).getObject("auths")->getObject("other.example"));
}

TEST_F(CredentialsTest, ALinkToTheConfigurationStaysALink) {
  std::string real = directory_.path() + "/elsewhere/docker.json";
  writeFile(real, "{}");
  ASSERT_EQ(::symlink(real.c_str(), file().c_str()), 0);
  must(storeCredential("reg.example", {.user = "ada", .password = "x"}));
  struct stat status {};
  ASSERT_EQ(::lstat(file().c_str(), &status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
  EXPECT_TRUE(must(readConfiguration(real)).getObject("auths"));
}

TEST_F(CredentialsTest, AnIdentityTokenIsKeptInsteadOfThePassword) {
  must(storeCredential("reg.example", {.user = "ada", .password = "", .identityToken = "t"}));
  auto found = must(findCredential("reg.example"));
  EXPECT_EQ(found->user, "ada");
  EXPECT_EQ(found->identityToken, "t");
  EXPECT_EQ(found->password, "");
}

TEST_F(CredentialsTest, AHelperKeepsTheSecretOutOfTheFile) {
  installHelper();
  configure(R"({"credHelpers": {"reg.example": "safe"}})");
  auto place = must(storeCredential("reg.example", {.user = "ada", .password = "hush"}));
  EXPECT_EQ(place.helper, "docker-credential-safe");
  EXPECT_THAT(must(readFile(file())), ::testing::Not(::testing::HasSubstr("hush")));
  EXPECT_EQ(must(findCredential("reg.example"))->password, "hush");
  EXPECT_TRUE(must(eraseCredential("reg.example")));
  EXPECT_FALSE(pathExists(directory_.path() + "/secret"));
  EXPECT_FALSE(must(eraseCredential("reg.example")));
}
}  // namespace
}  // namespace strata::registry

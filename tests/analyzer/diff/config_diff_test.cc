#include "analyzer/diff/config_diff.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using layerfs::ImageConfig;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> changes(const ImageConfig& before, const ImageConfig& after) {
  std::vector<std::string> lines;
  for (const ConfigChange& change : diffConfigs(before, after))
    lines.push_back(change.member + (change.name.empty() ? "" : " " + change.name) + ": " +
                    change.before.value_or("none") + " -> " + change.after.value_or("none"));
  return lines;
}

/// Both ways: what comes in one goes in the other.
void expectChange(const ImageConfig& with, const std::string& name, const std::string& value) {
  ImageConfig without;
  EXPECT_THAT(changes(without, with), ElementsAre(name + ": none -> " + value));
  EXPECT_THAT(changes(with, without), ElementsAre(name + ": " + value + " -> none"));
  EXPECT_THAT(changes(with, with), IsEmpty());
}

TEST(ConfigDiff, EachMember) {
  ImageConfig config;
  expectChange((config = {}, config.entrypoint = {{"/bin/a", "b c"}}, config), "entrypoint", R"(["/bin/a","b c"])");
  expectChange((config = {}, config.cmd = std::vector<std::string>(), config), "cmd", "[]");
  expectChange((config = {}, config.shell = {"sh"}, config), "shell", R"(["sh"])");
  expectChange((config = {}, config.user = "app", config), "user", "app");
  expectChange((config = {}, config.workingDir = "/app", config), "workingDir", "/app");
  expectChange((config = {}, config.env = {"A=b=c"}, config), "env A", "b=c");
  expectChange((config = {}, config.exposedPorts = {"80/tcp"}, config), "exposedPorts 80/tcp", "");
  expectChange((config = {}, config.volumes = {"/data"}, config), "volumes /data", "");
  expectChange((config = {}, config.stopSignal = "SIGINT", config), "stopSignal", "SIGINT");
  expectChange((config = {}, config.onBuild = {"RUN x"}, config), "onBuild", R"(["RUN x"])");
  expectChange((config = {}, config.argsEscaped = true, config), "argsEscaped", "true");
  expectChange((config = {}, config.labels = {{"a", "b"}}, config), "labels a", "b");
  expectChange((config = {}, config.author = "me", config), "author", "me");
}

TEST(ConfigDiff, NamedValuesByName) {
  ImageConfig before, after;
  before.env = {"PATH=/bin", "GONE=1", "SAME=1"};
  after.env = {"SAME=1", "NEW=", "PATH=/usr/bin"};
  EXPECT_THAT(changes(before, after),
              ElementsAre("env GONE: 1 -> none", "env NEW: none -> ", "env PATH: /bin -> /usr/bin"));
}

TEST(ConfigDiff, HealthcheckPartByPart) {
  ImageConfig before, after;
  before.healthcheck = layerfs::Healthcheck{.test = {"CMD", "a"}, .interval = 30'000'000'000, .retries = 3};
  after.healthcheck = layerfs::Healthcheck{.test = {"CMD", "a"}, .interval = 5'000'000'000, .timeout = 1'000'000'000};
  EXPECT_THAT(changes(before, after),
              ElementsAre("healthcheck interval: 30.0s -> 5.0s", "healthcheck retries: 3 -> none",
                          "healthcheck timeout: none -> 1.0s"));
}

TEST(ConfigDiff, Platform) {
  ImageConfig before, after;
  before.platform = {.os = "linux", .architecture = "amd64", .variant = {}, .osVersion = {}};
  after.platform = {.os = "linux", .architecture = "arm64", .variant = {}, .osVersion = "1"};
  EXPECT_THAT(changes(before, after), ElementsAre("platform: linux/amd64 -> linux/arm64 1"));
}

TEST(ConfigDiff, TimesLayersAndHistoryAreNoPartOfIt) {
  ImageConfig before, after;
  after.created = 5;
  after.history.push_back({.createdBy = "x"});
  after.diffIds.push_back({digestOf("x")});
  EXPECT_THAT(changes(before, after), IsEmpty());
}

}  // namespace
}  // namespace strata::analyzer

#include "layerfs/image_config.h"

#include "tests/support/testing.h"

namespace strata::layerfs {
namespace {
using strata::testing::must;

ImageConfig everything() {
  ImageConfig config;
  config.platform = {.os = "linux", .architecture = "arm", .variant = "v7"};
  config.created = 1'700'000'000'250'000'000;
  config.author = "someone";
  config.user = "app:app";
  config.exposedPorts = {"80/tcp", "53/udp"};
  config.env = {"PATH=/bin", "A=b=c"};
  config.entrypoint = {"/bin/app"};
  config.cmd = {"--help"};
  config.volumes = {"/data"};
  config.workingDir = "/srv";
  config.labels = {{"z", "1"}, {"a", "\"quoted\"\n"}};
  config.stopSignal = "SIGINT";
  config.argsEscaped = true;
  config.healthcheck = {
      .test = {"CMD", "true"}, .interval = 1, .timeout = 2, .startPeriod = 3, .startInterval = 4, .retries = 5};
  config.onBuild = {"RUN true"};
  config.shell = {"/bin/bash", "-c"};
  config.diffIds = {{digestOf("layer")}};
  config.history = {{.created = 1'700'000'000'000'000'000, .createdBy = "COPY . .", .author = "x", .comment = "y"},
                    {.createdBy = "ENV A=b=c", .emptyLayer = true}};
  return config;
}

TEST(ImageConfigTest, CFG_4_EveryMemberSurvivesARoundTrip) {
  ImageConfig config = everything();
  std::string text = printImageConfig(config);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  ImageConfig back = must(parseImageConfig(text));
  EXPECT_TRUE(back == config) << text << "\n" << printImageConfig(back);
  EXPECT_EQ(printImageConfig(back), text);
}

TEST(ImageConfigTest, EmptyMembersAreLeftOut) {
  ImageConfig config;
  config.platform = {.os = "linux", .architecture = "amd64"};
  EXPECT_EQ(printImageConfig(config),
            R"({"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}})");
}

TEST(ImageConfigTest, ACommandThatIsSetButEmptyStaysSet) {
  ImageConfig config;
  config.cmd.emplace();
  ImageConfig back = must(parseImageConfig(printImageConfig(config)));
  ASSERT_TRUE(back.cmd.has_value());
  EXPECT_TRUE(back.cmd->empty());
  EXPECT_FALSE(back.entrypoint.has_value());
}

TEST(ImageConfigTest, AHealthcheckWithoutATestInheritsIt) {
  ImageConfig config = must(parseImageConfig(R"({"config":{"Healthcheck":{"Interval":5}}})"));
  ASSERT_TRUE(config.healthcheck);
  EXPECT_EQ(config.healthcheck->interval, 5);
  EXPECT_THAT(printImageConfig(config), ::testing::HasSubstr(R"("Healthcheck":{"Interval":5})"));
}

TEST(ImageConfigTest, BytesThatAreNoTextStillMakeADocument) {
  ImageConfig config;
  config.env = {"A=\xff"};
  config.labels = {{"\xfe", "\xff"}};
  config.volumes = {"/\xff"};
  must(parseImageConfig(printImageConfig(config)));
  EXPECT_FALSE(containerConfigJson(config).empty());
}

TEST(ImageConfigTest, CFG_2_MembersOfOthersAreDroppedAndNullsAreAbsent) {
  auto config = must(parseImageConfig(
      R"({"architecture":"amd64","os":"linux","docker_version":"1","container_config":{"Cmd":["x"]},
          "config":{"Hostname":"h","Tty":true,"Env":null,"Cmd":null,"Volumes":null,"Labels":null,"Healthcheck":null},
          "rootfs":{"type":"layers","diff_ids":null},"history":null})"));
  ImageConfig expected;
  expected.platform = {.os = "linux", .architecture = "amd64"};
  EXPECT_TRUE(config == expected) << printImageConfig(config);
}

TEST(ImageConfigTest, GosZeroTimeMeansThatNoneIsKnown) {
  auto config = must(parseImageConfig(
      R"({"created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z","created_by":"bazel"}]})"));
  EXPECT_FALSE(config.created);
  EXPECT_FALSE(config.history.at(0).created);
}

TEST(ImageConfigTest, TimesKeepTheirNanosecondsAndLoseTheirZone) {
  auto config = must(parseImageConfig(R"({"created":"2024-01-02T03:04:05.000000001+01:00"})"));
  EXPECT_EQ(config.created, 1'704'161'045'000'000'001);
}

TEST(ImageConfigTest, AFaultNamesTheMember) {
  auto expectNamed = [](const char* json, const char* member) {
    EXPECT_FAULT_SAYING(parseImageConfig(json), FaultKind::Invalid, member);
  };
  expectNamed(R"({"architecture":7})", "architecture");
  expectNamed(R"({"created":"yesterday"})", "created");
  expectNamed(R"({"created":"9999-01-01T00:00:00Z"})", "created");
  expectNamed(R"({"config":[]})", "config");
  expectNamed(R"({"config":{"Cmd":"sh"}})", "config.Cmd");
  expectNamed(R"({"config":{"Env":[1]}})", "config.Env");
  expectNamed(R"({"config":{"Labels":{"a":1}}})", "config.Labels");
  expectNamed(R"({"config":{"ExposedPorts":["80"]}})", "config.ExposedPorts");
  expectNamed(R"({"config":{"Healthcheck":{"Interval":"1s"}}})", "config.Healthcheck.Interval");
  expectNamed(R"({"config":{"Healthcheck":{"Retries":4294967296}}})", "config.Healthcheck.Retries");
  expectNamed(R"({"rootfs":{"diff_ids":["sha256:1"]}})", "rootfs.diff_ids");
  expectNamed(R"({"rootfs":{"diff_ids":"x"}})", "rootfs.diff_ids");
  expectNamed(R"({"history":[1]})", "history");
  expectNamed(R"({"history":[{"empty_layer":"no"}]})", "history.empty_layer");
  EXPECT_FAULT(parseImageConfig("[]"), FaultKind::Invalid);
  EXPECT_FAULT(parseImageConfig("{"), FaultKind::Invalid);
}

TEST(ImageConfigTest, OfDuplicateVariablesTheLastCounts) {
  ImageConfig config;
  config.env = {"A=1", "B=x", "A=2"};
  EXPECT_EQ(config.findEnv("A"), llvm::StringRef("2"));
  EXPECT_EQ(config.findEnv("C"), std::nullopt);
}

TEST(ImageConfigTest, AVariableThatIsSetAgainIsReplacedInItsPlace) {
  ImageConfig config;
  config.env = {"A=1", "B=x"};
  config.setEnv("A", "2");
  config.setEnv("C", "");
  EXPECT_EQ(config.env, (std::vector<std::string>{"A=2", "B=x", "C="}));
  EXPECT_EQ(config.findEnv("C"), llvm::StringRef(""));
}

TEST(ImageConfigTest, AVariableSetAgainCountsEvenAmongDuplicates) {
  ImageConfig config;
  config.env = {"A=1", "A=2"};
  config.setEnv("A", "3");
  EXPECT_EQ(config.findEnv("A"), llvm::StringRef("3"));
}

TEST(ImageConfigTest, TheContainersPartStandsAlone) {
  auto object = containerConfigJson(everything());
  EXPECT_EQ(object.getString("User"), llvm::StringRef("app:app"));
  EXPECT_EQ(object.getArray("Cmd")->size(), 1u);
  EXPECT_EQ(object.get("rootfs"), nullptr);
}

}  // namespace
}  // namespace strata::layerfs

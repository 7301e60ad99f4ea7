#include "runtime/spec/container_spec.h"

#include "runtime/spec/capabilities.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DefaultCapabilities, AreDockersFourteen) {
  EXPECT_EQ(defaultCapabilities().size(), 14u);
  EXPECT_EQ(capabilityBits(defaultCapabilities()), 0xa80425fbu);
}

TEST(CommandOf, ENTRYPOINT_3_JoinsEntrypointAndCmdAsDockerDoes) {
  layerfs::ImageConfig config;
  EXPECT_THAT(commandOf(config, {}, {}), IsEmpty());
  config.cmd = {"c1", "c2"};
  EXPECT_THAT(commandOf(config, {}, {}), ElementsAre("c1", "c2"));
  EXPECT_THAT(commandOf(config, {"a"}, {}), ElementsAre("a"));
  config.entrypoint = {"e"};
  EXPECT_THAT(commandOf(config, {}, {}), ElementsAre("e", "c1", "c2"));
  EXPECT_THAT(commandOf(config, {"a"}, {}), ElementsAre("e", "a"));
}

TEST(CommandOf, EntrypointFromTheCommandLineDropsTheImagesCmd) {
  layerfs::ImageConfig config;
  config.entrypoint = {"e", "-x"};
  config.cmd = {"c"};
  EXPECT_THAT(commandOf(config, {}, "sh"), ElementsAre("sh"));
  EXPECT_THAT(commandOf(config, {"a"}, "sh"), ElementsAre("sh", "a"));
  EXPECT_THAT(commandOf(config, {"a"}, ""), ElementsAre("a"));
}

}  // namespace
}  // namespace strata::runtime

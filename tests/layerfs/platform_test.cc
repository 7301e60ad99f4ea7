#include "layerfs/platform.h"

#include "tests/support/testing.h"

namespace strata::layerfs {
namespace {
using strata::testing::must;

std::string parsed(llvm::StringRef text) { return must(parsePlatform(text)).str(); }

TEST(PlatformTest, PLAT_3_SpellingsOfOneMachineAreOnePlatform) {
  EXPECT_EQ(parsed("linux/x86_64"), "linux/amd64");
  EXPECT_EQ(parsed("Linux/AMD64"), "linux/amd64");
  EXPECT_EQ(parsed("linux/amd64/v1"), "linux/amd64");
  EXPECT_EQ(parsed("linux/aarch64"), "linux/arm64");
  EXPECT_EQ(parsed("linux/arm64/v8"), "linux/arm64");
  EXPECT_EQ(parsed("linux/i386"), "linux/386");
  EXPECT_EQ(parsed("linux/armhf"), "linux/arm/v7");
  EXPECT_EQ(parsed("linux/armel"), "linux/arm/v6");
  EXPECT_EQ(parsed("linux/arm"), "linux/arm/v7");
  EXPECT_EQ(parsed("linux/arm/6"), "linux/arm/v6");
  EXPECT_EQ(parsed("macos/arm64"), "darwin/arm64");
}

TEST(PlatformTest, VariantsThatMeanSomethingStay) {
  EXPECT_EQ(parsed("linux/amd64/v3"), "linux/amd64/v3");
  EXPECT_EQ(parsed("linux/arm64/v9"), "linux/arm64/v9");
}

TEST(PlatformTest, PLAT_1_ALonePartTakesTheOtherFromTheHost) {
  Platform host = hostPlatform();
  EXPECT_EQ(parsed("local"), host.str());
  EXPECT_EQ(must(parsePlatform("linux")), host);
  EXPECT_EQ(parsed("s390x"), "linux/s390x");
  EXPECT_EQ(parsed("windows"), "windows/" + host.architecture);
}

TEST(PlatformTest, PLAT_2_ASystemMayNameItsVersion) {
  Platform windows = must(parsePlatform("windows(10.0.17763)/amd64"));
  EXPECT_EQ(windows.osVersion, "10.0.17763");
  EXPECT_EQ(windows.str(), "windows/amd64");
}

TEST(PlatformTest, PLAT_1_WildcardsAndWhatIsNoPlatformAreRefused) {
  for (const char* text : {"*", "linux/*", "*/arm64", "", "/", "linux/", "linux/amd64/v1/more", "linux/am d64",
                           "linux/$x", "win(10/amd64", "(10)/amd64", "bogus"})
    EXPECT_FAULT(parsePlatform(text), FaultKind::Invalid);
}

TEST(PlatformTest, KnowsWhatImagesAreMadeFor) {
  EXPECT_TRUE(isKnown({.os = "linux", .architecture = "riscv64"}));
  EXPECT_TRUE(isKnown({.os = "windows", .architecture = "amd64"}));
  EXPECT_FALSE(isKnown({.os = "linux", .architecture = "bogus"}));
  EXPECT_FALSE(isKnown({.os = "bogus", .architecture = "amd64"}));
  EXPECT_FALSE(isKnown({}));
}

}  // namespace
}  // namespace strata::layerfs

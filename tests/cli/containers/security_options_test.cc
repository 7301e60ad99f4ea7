#include "cli/containers/security_options.h"

#include "support/files.h"
#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using strata::testing::must;
using ::testing::ElementsAre;

runtime::HostConfig decided(const SecurityTexts& texts) {
  runtime::HostConfig config;
  config.networkMode = "bridge";
  must(decideSecurity(texts, config));
  return config;
}
llvm::Error refused(const SecurityTexts& texts) {
  runtime::HostConfig config;
  config.networkMode = "bridge";
  return decideSecurity(texts, config);
}

TEST(DecideSecurity, ReadsDevices) {
  auto devices = decided({.devices = {"/dev/null", "/dev/null:r", "/dev/null:/dev/x", "/dev/null:/dev/x:rw"}}).devices;
  ASSERT_EQ(devices.size(), 4u);
  EXPECT_EQ(devices[0].pathInContainer, "/dev/null");
  EXPECT_EQ(devices[0].permissions, "rwm");
  EXPECT_EQ(devices[1].permissions, "r");
  EXPECT_EQ(devices[2].pathInContainer, "/dev/x");
  EXPECT_EQ(devices[3].permissions, "rw");
  EXPECT_FAULT(refused({.devices = {"/dev/null:/dev/x:rx"}}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.devices = {"/dev/null:x"}}), FaultKind::Invalid);
}

TEST(DecideSecurity, KeepsTheTextOfASeccompProfile) {
  TempDir dir = strata::testing::makeTempDir();
  std::string path = dir.path() + "/profile.json";
  must(writeFileAtomically(path, "{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }\n"));
  EXPECT_THAT(decided({.securityOpt = {"seccomp=" + path}}).securityOpt,
              ElementsAre(R"(seccomp={"defaultAction":"SCMP_ACT_ALLOW"})"));
  must(writeFileAtomically(path, "{"));
  EXPECT_FAULT(refused({.securityOpt = {"seccomp=" + path}}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.securityOpt = {"seccomp=/nosuch"}}), FaultKind::NotFound);
}

TEST(DecideSecurity, ReadsSizesAndUlimits) {
  auto config = decided({.ulimits = {"nofile=10", "nofile=20:30"}, .shmSize = "1m", .oomScoreAdj = "100"});
  EXPECT_EQ(config.shmSize, 1 << 20);
  ASSERT_EQ(config.ulimits.size(), 1u);
  EXPECT_EQ(config.ulimits[0].hard, 30u);
  EXPECT_EQ(config.oomScoreAdj, 100);
  EXPECT_FAULT(refused({.shmSize = "big"}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.ulimits = {"nofiles=1"}}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.oomScoreAdj = "1001"}), FaultKind::Invalid);
}

TEST(DecideSecurity, RefusesModesThatThereAreNot) {
  EXPECT_EQ(decided({.ipc = "host", .pid = "container:other"}).pidMode, "container:other");
  EXPECT_FAULT(refused({.ipc = "container:other"}), FaultKind::Unsupported);
  EXPECT_FAULT(refused({.ipc = "mine"}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.pid = "container:"}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.uts = "private"}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.cgroupns = "x"}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.cgroupParent = "/a/../b"}), FaultKind::Invalid);
}

TEST(DecideSecurity, RefusesSysctlsOfTheHost) {
  EXPECT_EQ(decided({.sysctls = {"net.ipv4.ip_forward=1"}}).sysctls.at("net.ipv4.ip_forward"), "1");
  EXPECT_FAULT(refused({.sysctls = {"kernel.panic=1"}}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.sysctls = {"net.ipv4.ip_forward"}}), FaultKind::Invalid);
}

TEST(DecideSecurity, RefusesUnknownCapabilitiesBeforeAnythingIsMade) {
  EXPECT_FAULT(refused({.capAdd = {"EVERYTHING"}}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.capDrop = {"CAP_"}}), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli

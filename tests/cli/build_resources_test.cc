#include "cli/build_resources.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using testing::must;

builder::RunSettings settings(ResourceOptions options) { return must(runSettingsFor(options)); }

TEST(BuildResources, CLI_6_EveryKeyAndItsOlderSpelling) {
  auto newer = settings({.resources = {"memory=64m", "memory-swap=-1", "cpu-shares=512", "cpu-period=50000",
                                       "cpu-quota=25000", "cpuset-cpus=0-1,3", "cpuset-mems=0"}})
                   .limits;
  ResourceOptions old;
  old.memory = "64m";
  old.memorySwap = "-1";
  old.cpuShares = "512";
  old.cpuPeriod = "50000";
  old.cpuQuota = "25000";
  old.cpusetCpus = "0-1,3";
  old.cpusetMems = "0";
  for (const auto& limits : {newer, settings(old).limits}) {
    EXPECT_EQ(limits.memory, 64u << 20);
    EXPECT_EQ(limits.memorySwap, -1);
    EXPECT_EQ(limits.cpuShares, 512u);
    EXPECT_EQ(limits.cpuPeriod, 50000u);
    EXPECT_EQ(limits.cpuQuota, 25000u);
    EXPECT_EQ(limits.cpusetCpus, "0-1,3");
    EXPECT_EQ(limits.cpusetMems, "0");
  }
}

TEST(BuildResources, CLI_6_OnlyPositiveValuesAndKnownKeys) {
  for (const char* text : {"memory", "memory=0", "memory=-1", "memory-swap=-2", "cpu-shares=0", "cpu-period=x",
                           "cpu-quota=-1", "cpuset-cpus=", "cpuset-cpus=2-1", "cpuset-mems=a", "colour=1"})
    EXPECT_FAULT(runSettingsFor({.resources = {text}}), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(runSettingsFor({.resources = {"memroy=1g"}}), FaultKind::Invalid, "did you mean memory?");
}

TEST(BuildResources, CLI_7_UlimitsAndSharedMemory) {
  ResourceOptions options;
  options.ulimits = {"nofile=10:20", "core=-1"};
  options.shmSize = "3m";
  auto result = settings(options);
  EXPECT_EQ(result.ulimits[0].soft, 10u);
  EXPECT_EQ(result.ulimits[0].hard, 20u);
  EXPECT_EQ(result.ulimits[1].hard, runtime::Ulimit::kUnlimited);
  EXPECT_EQ(result.shmSize, 3u << 20);
  for (auto [text, bytes] : {std::pair("512b", 512u), {"4k", 4096u}, {"1g", 1u << 30}, {"77", 77u}})
    EXPECT_EQ(settings({.shmSize = text}).shmSize, bytes);
  for (const char* text : {"nofile", "nofile=a", "nofile=2:1", "files=1"})
    EXPECT_FAULT_SAYING(runSettingsFor({.ulimits = {text}}), FaultKind::Invalid, "invalid ulimit");
}

TEST(BuildResources, CLI_2_Entitlements) {
  EXPECT_EQ(must(entitlementsOf({.allow = {"network.host", "security.insecure", "device=vendor/class,alias=x",
                                           "buildx.local.delete"}}))
                .size(),
            4u);
  for (const char* text : {"network", "network.host=1", "", "all"})
    EXPECT_FAULT_SAYING(entitlementsOf({.allow = {text}}), FaultKind::Invalid, "invalid entitlement");
}

TEST(BuildResources, CLI_2_HostLines) {
  EXPECT_EQ(must(hostLineOf("name:10.0.0.1")), "name:10.0.0.1");
  EXPECT_EQ(must(hostLineOf("name=10.0.0.1")), "name:10.0.0.1");
  EXPECT_EQ(must(hostLineOf("name:fe80::1")), "name:fe80::1");
  EXPECT_EQ(must(hostLineOf("name=[fe80::1]")), "name:fe80::1");
  EXPECT_EQ(must(hostLineOf("name:host-gateway")), "name:127.0.0.1");
  for (const char* text : {"name", "name:", ":10.0.0.1", "name:300.1.1.1", "name=[fe80::1", "name:elsewhere"})
    EXPECT_FAULT(hostLineOf(text), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli

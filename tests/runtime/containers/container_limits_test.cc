#include "runtime/containers/container_limits.h"

#include "tests/support/testing.h"

#include <thread>

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HostCgroups completeHost() {
  HostCgroups host;
  host.version = CgroupVersion::Two;
  host.writable = host.swap = true;
  host.controllers = {"memory", "cpu", "cpuset", "pids"};
  return host;
}

TEST(SettleLimits, GivesAsMuchSwapAsMemory) {
  ContainerLimits limits;
  limits.memory = 64 << 20;
  EXPECT_THAT(must(settleLimits(limits, completeHost())), IsEmpty());
  EXPECT_EQ(limits.memorySwap, 128 << 20);
  limits.memorySwap = -1;
  EXPECT_THAT(must(settleLimits(limits, completeHost())), IsEmpty());
  EXPECT_EQ(limits.memorySwap, -1);
}

TEST(SettleLimits, RefusesWhatMakesNoSense) {
  auto refused = [](ContainerLimits limits) { return settleLimits(limits, completeHost()); };
  EXPECT_FAULT(refused({.memory = 1 << 20}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.memorySwap = 64 << 20}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.memory = 64 << 20, .memorySwap = 32 << 20}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.memory = 8 << 20, .memoryReservation = 16 << 20}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.nanoCpus = 1'000'000'000, .cpuQuota = 5000}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.nanoCpus = int64_t(std::thread::hardware_concurrency() + 1) * 1'000'000'000}),
               FaultKind::Invalid);
  EXPECT_FAULT(refused({.cpuPeriod = 10}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.cpuQuota = 10}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.cpusetCpus = "0-"}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.cpusetCpus = "4095"}), FaultKind::Invalid);
  EXPECT_FAULT(refused({.cpusetMems = "none"}), FaultKind::Invalid);
}

TEST(SettleLimits, SaysWhatTheHostCannotHoldTo) {
  HostCgroups host = completeHost();
  host.controllers = {"cpu"};
  ContainerLimits limits{.memory = 64 << 20, .nanoCpus = 500'000'000, .cpusetCpus = "0", .pids = 10};
  auto warnings = must(settleLimits(limits, host));
  EXPECT_THAT(warnings,
              ElementsAre(HasSubstr("memory limit capabilities"), HasSubstr("cpuset"), HasSubstr("PIDs limit")));
  EXPECT_EQ(limits, (ContainerLimits{.nanoCpus = 500'000'000}));
}

TEST(SettleLimits, LimitsMemoryWithoutSwapWhereThatIsNotCounted) {
  HostCgroups host = completeHost();
  host.swap = false;
  ContainerLimits limits{.memory = 64 << 20};
  EXPECT_THAT(must(settleLimits(limits, host)), ElementsAre(HasSubstr("Memory limited without swap")));
  EXPECT_EQ(limits.memory, 64 << 20);
  EXPECT_EQ(limits.memorySwap, -1);
}

TEST(SettleLimits, AnyNumberOfProcessesIsNoLimit) {
  ContainerLimits limits{.pids = -1};
  EXPECT_THAT(must(settleLimits(limits, HostCgroups())), IsEmpty());
  EXPECT_EQ(limits, ContainerLimits());
}

TEST(ResourceLimitsOf, CountsProcessorsInQuotas) {
  ResourceLimits resources = must(resourceLimitsOf({.nanoCpus = 1'500'000'000, .pids = 7}, true));
  EXPECT_EQ(resources.cpuPeriod, 100'000u);
  EXPECT_EQ(resources.cpuQuota, 150'000u);
  EXPECT_EQ(resources.pids, 7u);
}

TEST(ResourceLimitsOf, NeedsSomebodyToHoldToThem) {
  EXPECT_FAULT(resourceLimitsOf({.nanoCpus = 1'000'000'000}, false), FaultKind::Unsupported);
  EXPECT_FALSE(must(resourceLimitsOf({}, false)).any());
}

}  // namespace
}  // namespace strata::runtime

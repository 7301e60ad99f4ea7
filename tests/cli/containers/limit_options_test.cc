#include "cli/containers/limit_options.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using strata::testing::must;

runtime::ContainerLimits read(const LimitTexts& texts) {
  runtime::ContainerLimits limits;
  must(readLimits(texts, limits));
  return limits;
}

TEST(ReadLimits, ReadsDockersUnits) {
  EXPECT_EQ(read({.memory = "64m", .memorySwap = "-1"}).memory, 64 << 20);
  EXPECT_EQ(read({.memorySwap = "-1"}).memorySwap, -1);
  EXPECT_EQ(read({.memorySwap = "1g"}).memorySwap, 1 << 30);
  EXPECT_EQ(read({.cpus = "1.5"}).nanoCpus, 1'500'000'000);
  EXPECT_EQ(read({.cpus = "0.01"}).nanoCpus, 10'000'000);
  EXPECT_EQ(read({.pids = "100"}).pids, 100);
  EXPECT_EQ(read({.cpusetCpus = "0-1"}).cpusetCpus, "0-1");
  EXPECT_EQ(read({}), runtime::ContainerLimits());
}

TEST(ReadLimits, ChangesOnlyWhatWasGiven) {
  runtime::ContainerLimits limits{.memory = 5, .cpuShares = 7};
  must(readLimits({.cpuShares = "9"}, limits));
  EXPECT_EQ(limits, (runtime::ContainerLimits{.memory = 5, .cpuShares = 9}));
}

TEST(ReadLimits, FaultsForWhatIsNoNumber) {
  runtime::ContainerLimits limits;
  EXPECT_FAULT(readLimits({.memory = "much"}, limits), FaultKind::Invalid);
  EXPECT_FAULT(readLimits({.memorySwap = "-2"}, limits), FaultKind::Invalid);
  EXPECT_FAULT(readLimits({.cpus = "nan"}, limits), FaultKind::Invalid);
  EXPECT_FAULT(readLimits({.cpus = "-1"}, limits), FaultKind::Invalid);
  EXPECT_FAULT(readLimits({.pids = "few"}, limits), FaultKind::Invalid);
  EXPECT_FAULT(readLimits({.cpuShares = ""}, limits), FaultKind::Invalid);
}

TEST(RestartPolicyFrom, ReadsNamesAndTimes) {
  EXPECT_EQ(must(restartPolicyFrom("on-failure:3")).maximumRetryCount, 3);
  EXPECT_EQ(must(restartPolicyFrom("")).name, "no");
  for (const char* text : {"often", "always:3", "on-failure:x", "on-failure:-1"})
    EXPECT_FAULT(restartPolicyFrom(text), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli

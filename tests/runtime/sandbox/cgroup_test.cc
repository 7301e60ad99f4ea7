#include "runtime/sandbox/cgroup.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using testing::must;

TEST(Cgroup, WithoutLimitsNothingIsMade) { EXPECT_TRUE(must(Cgroup::make({})).takeEntrances().empty()); }

TEST(Cgroup, AParentOutsideIsRefused) {
  for (const char* parent : {"..", "a/../../b", "../x"})
    EXPECT_FAULT(Cgroup::make({.cgroupParent = parent}), FaultKind::Invalid);
}

TEST(Cgroup, RUN_13_IsThereWithItsLimitAndGoesAgain) {
  if (::geteuid() != 0) GTEST_SKIP() << "making cgroups needs root";
  std::string parent = "strata-unit-" + std::to_string(::getpid());
  {
    auto group = Cgroup::make({.cgroupParent = parent, .memory = 64 << 20});
    if (!group && kindOf(group.takeError()) == FaultKind::Unsupported)
      return;  // told so: this host's cgroups have no memory controller to hand on
    group = Cgroup::make({.cgroupParent = parent, .memory = 64 << 20});
    EXPECT_FALSE(must(std::move(group)).takeEntrances().empty());
  }
  for (const char* hierarchy : {"/sys/fs/cgroup/", "/sys/fs/cgroup/memory/", "/sys/fs/cgroup/unified/"})
    EXPECT_FALSE(pathExists(hierarchy + parent)) << hierarchy;
}

TEST(Cgroup, CLI_6_AValueThatTheKernelRefusesIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "making cgroups needs root";
  auto group = Cgroup::make({.cpusetCpus = "100000"});
  ASSERT_FALSE(group);
  auto seen = testing::faultOf(group.takeError());
  EXPECT_TRUE(seen.kind == FaultKind::Invalid || seen.kind == FaultKind::Unsupported) << seen.message;
}

}  // namespace
}  // namespace strata::runtime

#include "runtime/containers/restart_plan.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using namespace std::chrono_literals;

TEST(RestartPlan, WantsWhatThePolicySays) {
  EXPECT_FALSE(RestartPlan({"no", 0}).wants(1, false, 0));
  EXPECT_TRUE(RestartPlan({"always", 0}).wants(0, false, 100));
  EXPECT_TRUE(RestartPlan({"unless-stopped", 0}).wants(0, false, 0));
  EXPECT_FALSE(RestartPlan({"on-failure", 0}).wants(0, false, 0));
  EXPECT_TRUE(RestartPlan({"on-failure", 0}).wants(1, false, 100));
  EXPECT_TRUE(RestartPlan({"on-failure", 3}).wants(1, false, 2));
  EXPECT_FALSE(RestartPlan({"on-failure", 3}).wants(1, false, 3));
}

TEST(RestartPlan, WhoStopsHasTheLastWord) {
  for (const char* name : {"always", "unless-stopped", "on-failure"})
    EXPECT_FALSE(RestartPlan({name, 0}).wants(1, true, 0)) << name;
}

TEST(RestartPlan, WaitsTwiceAsLongEachTimeUpToAMinute) {
  RestartPlan plan({"always", 0});
  EXPECT_EQ(plan.delayAfter(1s), 100ms);
  EXPECT_EQ(plan.delayAfter(1s), 200ms);
  EXPECT_EQ(plan.delayAfter(1s), 400ms);
  for (int i = 0; i < 20; ++i) plan.delayAfter(1s);
  EXPECT_EQ(plan.delayAfter(1s), 60s);
  EXPECT_EQ(plan.delayAfter(11s), 100ms) << "a run of ten seconds begins anew";
}

}  // namespace
}  // namespace strata::runtime

#include "runtime/containers/health_record.h"

#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;

TEST(HealthPlan, TakesDockersDefaultsForWhatIsLeftOpen) {
  HealthPlan plan = healthPlanOf({.test = {"CMD", "check", "-q"}}, {});
  EXPECT_THAT(plan.argv, ElementsAre("check", "-q"));
  EXPECT_EQ(plan.interval, 30s);
  EXPECT_EQ(plan.timeout, 30s);
  EXPECT_EQ(plan.startPeriod, 0s);
  EXPECT_EQ(plan.startInterval, 5s);
  EXPECT_EQ(plan.retries, 3);
}

TEST(HealthPlan, RunsShellFormsWithTheImagesShell) {
  EXPECT_THAT(healthPlanOf({.test = {"CMD-SHELL", "a && b"}}, {}).argv, ElementsAre("/bin/sh", "-c", "a && b"));
  EXPECT_THAT(healthPlanOf({.test = {"CMD-SHELL", "a"}}, {"/bin/bash", "-ec"}).argv,
              ElementsAre("/bin/bash", "-ec", "a"));
  EXPECT_THAT(healthPlanOf({.test = {"NONE"}}, {}).argv, IsEmpty());
  EXPECT_THAT(healthPlanOf({}, {}).argv, IsEmpty());
}

class HealthRecordTest : public ::testing::Test {
protected:
  void check(int64_t second, int64_t exitCode) {
    record_.take({second * kSecond, second * kSecond + 1, exitCode, "said"}, plan_, 0);
  }
  HealthPlan plan_ = healthPlanOf({.test = {"CMD", "x"}, .startPeriod = 10 * kSecond, .retries = 2}, {});
  HealthRecord record_;
};

TEST_F(HealthRecordTest, ForgivesFailuresInTheStartPeriod) {
  for (int64_t second : {1, 2, 3}) check(second, 1);
  EXPECT_EQ(record_.status(), "starting");
  EXPECT_EQ(record_.pauseAt(4 * kSecond, plan_, 0), 5s);
  check(11, 1);
  EXPECT_EQ(record_.status(), "starting");
  EXPECT_EQ(record_.pauseAt(12 * kSecond, plan_, 0), 30s);
  check(12, 1);
  EXPECT_EQ(record_.status(), "unhealthy");
}

TEST_F(HealthRecordTest, TheFirstSuccessEndsTheStartPeriod) {
  check(1, 0);
  EXPECT_EQ(record_.status(), "healthy");
  EXPECT_EQ(record_.pauseAt(2 * kSecond, plan_, 0), 30s);
  check(2, 1);
  EXPECT_EQ(record_.status(), "healthy");
  check(3, 1);
  EXPECT_EQ(record_.status(), "unhealthy");
  check(4, 0);
  EXPECT_EQ(record_.status(), "healthy");
}

TEST_F(HealthRecordTest, KeepsTheLastFiveOverRestarts) {
  for (int64_t second = 1; second <= 7; ++second) check(second, second);
  HealthRecord next(record_.json());
  next.begin();
  auto json = must(parseJson(next.json()));
  EXPECT_EQ(json.getAsObject()->getString("Status"), llvm::StringRef("starting"));
  EXPECT_EQ(json.getAsObject()->getInteger("FailingStreak"), 0);
  const llvm::json::Array& log = *json.getAsObject()->getArray("Log");
  ASSERT_EQ(log.size(), 5u);
  EXPECT_EQ(log.front().getAsObject()->getInteger("ExitCode"), 3);
  EXPECT_EQ(log.back().getAsObject()->getString("Start"), llvm::StringRef("1970-01-01T00:00:07Z"));
  EXPECT_EQ(log.back().getAsObject()->getString("Output"), llvm::StringRef("said"));
}

TEST_F(HealthRecordTest, WhatDoesNotRunIsNotWell) {
  check(1, 0);
  record_.end();
  EXPECT_EQ(record_.status(), "unhealthy");
}

}  // namespace
}  // namespace strata::runtime

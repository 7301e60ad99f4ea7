#include "cli/containers/health_options.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using strata::testing::must;
using ::testing::ElementsAre;

const layerfs::Healthcheck kOfImage{.test = {"CMD", "curl"}, .interval = 5'000'000'000, .retries = 2};

TEST(HealthcheckFrom, GoesOverTheImagesMemberByMember) {
  auto check = must(healthcheckFrom({.timeout = "1m30s"}, kOfImage));
  EXPECT_THAT(check->test, ElementsAre("CMD", "curl"));
  EXPECT_EQ(check->interval, kOfImage.interval);
  EXPECT_EQ(check->timeout, 90'000'000'000);
  check = must(healthcheckFrom({.command = "test -e /x", .interval = "500ms", .retries = "1"}, {}));
  EXPECT_THAT(check->test, ElementsAre("CMD-SHELL", "test -e /x"));
  EXPECT_EQ(check->interval, 500'000'000);
  EXPECT_EQ(check->retries, 1);
}

TEST(HealthcheckFrom, LeavesTheImagesOrTakesItAway) {
  EXPECT_EQ(must(healthcheckFrom({}, kOfImage)), kOfImage);
  EXPECT_EQ(must(healthcheckFrom({}, std::nullopt)), std::nullopt);
  EXPECT_THAT(must(healthcheckFrom({.none = true}, kOfImage))->test, ElementsAre("NONE"));
}

TEST(HealthcheckFrom, FaultsForNonsense) {
  EXPECT_FAULT(healthcheckFrom({.command = "x", .none = true}, {}), FaultKind::Invalid);
  EXPECT_FAULT(healthcheckFrom({.interval = "soon"}, {}), FaultKind::Invalid);
  EXPECT_FAULT(healthcheckFrom({.timeout = "-1s"}, {}), FaultKind::Invalid);
  EXPECT_FAULT(healthcheckFrom({.interval = "1us"}, {}), FaultKind::Invalid);
  EXPECT_FAULT(healthcheckFrom({.retries = "-1"}, {}), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli

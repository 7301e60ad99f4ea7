#include "registry/transport/retry.h"

#include "support/fault.h"
#include "tests/support/testing.h"

#include <thread>

namespace strata::registry {
namespace {
using std::chrono::milliseconds;

llvm::Error busy() { return fault(FaultKind::Unavailable, "busy"); }

TEST(Retry, StatusesThatMayPass) {
  for (int status : {408, 429, 500, 502, 503, 504, 520}) EXPECT_TRUE(mayPass(status)) << status;
  for (int status : {200, 301, 400, 401, 403, 404, 405, 409, 412, 416, 501, 505})
    EXPECT_FALSE(mayPass(status)) << status;
}

TEST(Retry, RetryAfterIsSecondsOrADate) {
  auto after = [](const char* value) {
    HttpResponse response{.status = 503, .headers = {{"retry-after", value}}};
    return retryAfter(response, 1445412470);
  };
  EXPECT_EQ(after("3"), milliseconds(3000));
  EXPECT_EQ(after("Wed, 21 Oct 2015 07:28:00 GMT"), milliseconds(10'000));
  EXPECT_EQ(after("Wed, 21 Oct 2015 07:00:00 GMT"), milliseconds(0));
  EXPECT_EQ(after("-5"), milliseconds(0));
  EXPECT_EQ(after("soon"), std::nullopt);
  EXPECT_EQ(retryAfter({}, 0), std::nullopt);
}

TEST(Retry, TheBudgetEndsWithAttemptsAndTime) {
  CancelToken cancel;
  Attempts few({.attempts = 3, .pause = milliseconds(1)}, cancel);
  testing::must(few.again(busy()));
  testing::must(few.again(busy()));
  EXPECT_FAULT_SAYING(few.again(busy()), FaultKind::Unavailable, "busy (tried 3 times)");

  Attempts shortTime({.attempts = 100, .pause = milliseconds(8), .total = milliseconds(20)}, cancel);
  int made = 0;
  while (!shortTime.again(busy()).operator bool() && made < 100) ++made;
  EXPECT_LT(made, 5);

  Attempts patient({.attempts = 3, .pause = milliseconds(1), .longest = milliseconds(50)}, cancel);
  EXPECT_FAULT_SAYING(patient.again(busy(), milliseconds(60'000)), FaultKind::Unavailable, "come back in");
}

TEST(Retry, ProgressMakesTheBudgetWhole) {
  CancelToken cancel;
  Attempts attempts({.attempts = 2, .pause = milliseconds(1)}, cancel);
  for (int i = 0; i < 5; ++i) {
    testing::must(attempts.again(busy()));
    attempts.progressed();
  }
}

TEST(Retry, OnlyWhatMayPassIsTriedAgain) {
  CancelToken cancel;
  Attempts attempts({.pause = milliseconds(1)}, cancel);
  EXPECT_FAULT_SAYING(attempts.again(fault(FaultKind::Denied, "no")), FaultKind::Denied, "no");
}

TEST(Retry, LongPausesAreTold) {
  CancelToken cancel;
  std::vector<std::string> told;
  RetryBudget budget{.pause = milliseconds(1)};
  budget.onPause = [&](const std::string& cause, milliseconds pause) {
    told.push_back(cause);
    EXPECT_GE(pause, milliseconds(1000));
    cancel.cancel();
  };
  Attempts attempts(budget, cancel);
  testing::must(attempts.again(busy()));
  EXPECT_TRUE(told.empty()) << "too short to be noticed";
  EXPECT_FAULT(attempts.again(busy(), milliseconds(5000)), FaultKind::Cancelled);
  EXPECT_EQ(told, std::vector<std::string>{"busy"});
}

TEST(Retry, StoppingEndsThePause) {
  CancelToken cancel;
  Attempts attempts({.pause = milliseconds(15'000)}, cancel);
  std::thread stopper([&] { cancel.cancel(); });
  EXPECT_FAULT(attempts.again(busy()), FaultKind::Cancelled);
  stopper.join();
}
}  // namespace
}  // namespace strata::registry

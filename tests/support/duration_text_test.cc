#include "support/duration_text.h"

#include "tests/support/testing.h"

namespace strata {
namespace {

TEST(DurationText, CountsNanoseconds) {
  EXPECT_EQ(durationText(1'540'000'000), "1.5s");
  EXPECT_EQ(durationText(125'000'000'000), "2m05s");
}

}  // namespace
}  // namespace strata

#include "analyzer/bench/seconds_text.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

TEST(SecondsTextTest, HasThreeDigitsAndTheUnitThatFits) {
  EXPECT_EQ(secondsText(0.00821), "8.21 ms");
  EXPECT_EQ(secondsText(0.0821), "82.1 ms");
  EXPECT_EQ(secondsText(0.512), "512 ms");
  EXPECT_EQ(secondsText(1.234), "1.23 s");
  EXPECT_EQ(secondsText(12.34), "12.3 s");
  EXPECT_EQ(secondsText(125), "2m05s");
}

TEST(SecondsTextTest, RoundingNeverGivesAFourthDigit) {
  EXPECT_EQ(secondsText(0.009996), "10.0 ms");
  EXPECT_EQ(secondsText(0.09996), "100 ms");
  EXPECT_EQ(secondsText(0.99996), "1.00 s");
}

}  // namespace
}  // namespace strata::analyzer

#include "analyzer/bench/summary.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

TEST(SummaryTest, TheMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo) {
  EXPECT_DOUBLE_EQ(medianOf({4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(medianOf({9, 1, 2}), 2);
}

TEST(SummaryTest, NothingHasAMedianOfZero) {
  EXPECT_EQ(summaryOf({}).median, 0);
  EXPECT_EQ(summaryOf({}).deviation, 0);
}

TEST(SummaryTest, OneOutlierMovesNeitherMedianNorDeviation) {
  Summary without = summaryOf({10, 11, 12, 13, 14}), with = summaryOf({10, 11, 12, 13, 1000});
  EXPECT_DOUBLE_EQ(without.median, 12);
  EXPECT_DOUBLE_EQ(without.deviation, 1);
  EXPECT_DOUBLE_EQ(with.median, 12);
  EXPECT_DOUBLE_EQ(with.deviation, 1);
}

}  // namespace
}  // namespace strata::analyzer

#include "cli/label_filter.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {

TEST(LabelFilterTest, ANameAloneFitsWhateverItsValue) {
  EXPECT_TRUE(LabelFilter::from("a").fits({{"a", "1"}}));
  EXPECT_TRUE(LabelFilter::from("a").fits({{"a", ""}}));
  EXPECT_FALSE(LabelFilter::from("a").fits({{"ab", "1"}}));
  EXPECT_FALSE(LabelFilter::from("a").fits({}));
}

TEST(LabelFilterTest, AValueHasToBeThat) {
  EXPECT_TRUE(LabelFilter::from("a=b=c").fits({{"a", "b=c"}}));
  EXPECT_FALSE(LabelFilter::from("a=b").fits({{"a", "b=c"}}));
  EXPECT_FALSE(LabelFilter::from("a=b").fits({}));
}

TEST(LabelFilterTest, WhatIsNotWantedFitsWithoutIt) {
  EXPECT_FALSE(LabelFilter::from("a", false).fits({{"a", "1"}}));
  EXPECT_TRUE(LabelFilter::from("a", false).fits({}));
  EXPECT_TRUE(LabelFilter::from("a=1", false).fits({{"a", "2"}}));
}

}  // namespace
}  // namespace strata::cli

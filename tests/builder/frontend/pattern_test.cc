#include "tests/builder/frontend/shell_pattern.h"

namespace strata::builder {
namespace {
using testing::must;

TEST(Pattern, VAR_19_ShortestAndLongest) {
  EXPECT_EQ(pattern("a*b*").withoutPrefix("aXbYbZ", false), "YbZ");
  EXPECT_EQ(pattern("a*b*").withoutPrefix("aXbYbZ", true), "");
  EXPECT_EQ(pattern("a*b").withoutPrefix("aXbYbZ", true), "Z");
  EXPECT_EQ(pattern("*a?b").withoutPrefix("xaabaabz", false), "aabz");
  EXPECT_EQ(pattern("*b*Z").withoutSuffix("aXbYbZ", false), "aXbY");
  EXPECT_EQ(pattern("b*Z").withoutSuffix("aXbYbZ", true), "aX");
  EXPECT_EQ(pattern("abc").withoutPrefix("ab", true), "ab");
  EXPECT_EQ(pattern("a*a").withoutPrefix("a", true), "a");  // no character is used twice
  EXPECT_EQ(pattern("a*a").withoutSuffix("a", true), "a");
}
TEST(Pattern, VAR_20_LeftmostAndLongest) {
  EXPECT_EQ(must(pattern("ab*c").replaced("ab1ab2c3c4", "-", false)), "-4");
  EXPECT_EQ(must(pattern("aa").replaced("aaaaa", "-", true)), "--a");
  EXPECT_EQ(must(pattern("a*z").replaced("bab", "-", true)), "bab");
  EXPECT_EQ(must(pattern("b*").replaced("abab", "-", true)), "a-");
  EXPECT_EQ(must(pattern("*b").replaced("abab1", "-", true)), "-1");
  EXPECT_EQ(must(pattern("?").replaced("\xc3\xa4\xff"
                                       "b",
                                       "-", true)),
            "---");
}
TEST(Pattern, WhatIsNoUtf8CountsByteByByte) {
  EXPECT_EQ(pattern("\xc3").withoutPrefix("\xc3\xff", true), "\xff");
  EXPECT_EQ(pattern("\xc3").withoutPrefix("\xc3\xa4", true), "\xc3\xa4");  // half of a character is none
}
TEST(Pattern, RefusesWhatWouldGrowTooLong) {
  EXPECT_FAULT_SAYING(pattern("a").replaced("aaaa", "bbbb", true, 15), FaultKind::Invalid, "more than 15 bytes");
  EXPECT_TRUE(bool(ShellPattern::parse(std::string(65536, 'a'))));
  EXPECT_FAULT_SAYING(ShellPattern::parse(std::string(65537, 'a')), FaultKind::Invalid, "more than 65536 bytes");
}
}  // namespace
}  // namespace strata::builder

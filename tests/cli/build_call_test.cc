#include "cli/build_call.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using testing::must;

TEST(ParseCall, CALL_1_CheckIsKnownByBothNames) {
  EXPECT_EQ(must(parseCall("check")).method, "check");
  EXPECT_EQ(must(parseCall("lint")).method, "check");
  EXPECT_FALSE(must(parseCall("check")).json);
  EXPECT_TRUE(must(parseCall("check,format=json")).json);
  EXPECT_FALSE(must(parseCall("outline,format=text")).json);
  EXPECT_EQ(must(parseCall("build")).method, "build");
}
TEST(ParseCall, WhatIsNoQuestionIsRefused) {
  EXPECT_FAULT_SAYING(parseCall("outlin"), FaultKind::Invalid, "unsupported call \"outlin\" (did you mean outline?)");
  EXPECT_FAULT_SAYING(parseCall("check,json"), FaultKind::Invalid, "invalid call value: json");
  EXPECT_FAULT_SAYING(parseCall("check,format=xml"), FaultKind::Invalid, "format=xml");
  EXPECT_FAULT(parseCall(""), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli

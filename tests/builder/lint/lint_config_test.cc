#include "builder/lint/lint_config.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;
using Rule = LintRule;

TEST(LintConfig, LINT_1_AllButExperimentalRulesAreOnAndNothingFails) {
  LintConfig config;
  for (const LintRuleInfo& info : lintRules())
    EXPECT_EQ(config.enables(info.rule), !info.experimental) << info.name.str();
  EXPECT_TRUE(infoOf(Rule::InvalidDefinitionDescription).experimental);
  EXPECT_FALSE(config.failsBuild());
}
TEST(LintConfig, LINT_2_NamesAreSkippedCaseSensitively) {
  LintConfig config = must(LintConfig::parse("skip=StageNameCasing,fromascasing"));
  EXPECT_FALSE(config.enables(Rule::StageNameCasing));
  EXPECT_TRUE(config.enables(Rule::FromAsCasing));
  EXPECT_FALSE(must(LintConfig::parse("skip=all")).enables(Rule::FromAsCasing));
}
TEST(LintConfig, LINT_2_TheValueEndsAtItsFirstBlank) {
  LintConfig config = must(LintConfig::parse("skip=StageNameCasing;error=true // for now"));
  EXPECT_FALSE(config.enables(Rule::StageNameCasing));
  EXPECT_TRUE(config.failsBuild());
  EXPECT_FAULT_SAYING(LintConfig::parse("skip=StageNameCasing; error=true"), FaultKind::Invalid,
                      "invalid check option \"\"");
}
TEST(LintConfig, LINT_3_SkippingAllLeavesAnExperimentalRuleThatWasAskedFor) {
  LintConfig config = must(LintConfig::parse("skip=all;experimental=InvalidDefinitionDescription"));
  EXPECT_TRUE(config.enables(Rule::InvalidDefinitionDescription));
  EXPECT_FALSE(config.enables(Rule::StageNameCasing));
  EXPECT_TRUE(must(LintConfig::parse("experimental=all")).enables(Rule::InvalidDefinitionDescription));
  EXPECT_FALSE(must(LintConfig::parse("experimental=Other")).enables(Rule::InvalidDefinitionDescription));
}
TEST(LintConfig, DIR_11_ThreePartsInAnyOrderAndNoOther) {
  LintConfig config = must(LintConfig::parse("error=TRUE;experimental=all;skip=FromAsCasing"));
  EXPECT_TRUE(config.failsBuild());
  EXPECT_TRUE(config.enables(Rule::InvalidDefinitionDescription));
  EXPECT_FALSE(config.enables(Rule::FromAsCasing));
  EXPECT_FAULT_SAYING(LintConfig::parse("foo=bar"), FaultKind::Invalid, "invalid check option \"foo\"");
  EXPECT_FAULT_SAYING(LintConfig::parse("skip"), FaultKind::Invalid, "invalid check option \"skip\"");
  EXPECT_FAULT_SAYING(LintConfig::parse("error=maybe"), FaultKind::Invalid, "error=maybe");
  EXPECT_FAULT(LintConfig::parse("skip=A;;error=true"), FaultKind::Invalid);
  EXPECT_FAULT(LintConfig::parse("skip=A;error=true;experimental=B;skip=C"), FaultKind::Invalid);
}
TEST(LintConfig, LINT_6_CommentsAboveAnInstructionCountThere) {
  LintConfig config;
  EXPECT_FALSE(config.enables(Rule::StageNameCasing, {"check=skip=StageNameCasing because of history"}));
  EXPECT_FALSE(config.enables(Rule::StageNameCasing, {"base the base", "Check = skip=all"}));
  EXPECT_TRUE(config.enables(Rule::FromAsCasing, {"check=skip=StageNameCasing"}));
  EXPECT_TRUE(config.enables(Rule::InvalidDefinitionDescription, {"check=experimental=all"}));
  EXPECT_TRUE(config.enables(Rule::StageNameCasing, {"check=skip", "check=foo=bar"}));  // malformed: a comment
  EXPECT_TRUE(config.enables(Rule::StageNameCasing, {"checks=skip=StageNameCasing", "skip=StageNameCasing"}));
}

}  // namespace
}  // namespace strata::builder

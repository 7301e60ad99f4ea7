#include "builder/lint/lint_report.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;
using Rule = LintRule;

SourceRange line(uint32_t number) { return {{number, 0}, {number + 1, 0}}; }

TEST(LintReport, LINT_7_AWarningSaysRuleMessageAndLine) {
  LintReport report;
  report.add(Rule::StageNameCasing, line(3), {}, "Stage name 'Base' should be lowercase");
  EXPECT_EQ(report.warnings()[0].text(), "StageNameCasing: Stage name 'Base' should be lowercase (line 3)");
  EXPECT_EQ(infoOf(Rule::StageNameCasing).url(), "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/");
  EXPECT_FALSE(infoOf(Rule::StageNameCasing).description.empty());
}
TEST(LintReport, TheSameFindingTwiceIsOneAndLinesGiveTheOrder) {
  LintReport report;
  for (int platform = 0; platform < 2; ++platform) {
    report.add(Rule::UndefinedVar, line(7), {}, "x");
    report.add(Rule::UndefinedVar, line(2), {}, "x");
    report.add(Rule::UndefinedVar, line(2), {}, "y");
  }
  ASSERT_EQ(report.warnings().size(), 3u);
  EXPECT_EQ(report.warnings()[0].range.firstLine(), 7u);
  EXPECT_EQ(report.byLine()[0].message, "x");
  EXPECT_EQ(report.byLine()[1].message, "y");
  EXPECT_EQ(report.byLine()[2].range.firstLine(), 7u);
}
TEST(LintReport, LINT_4_WarningsAreErrorsWhereTheFileSaysSo) {
  LintReport lenient, strict(must(LintConfig::parse("error=true")));
  for (LintReport* report : {&lenient, &strict}) {
    report->add(Rule::StageNameCasing, line(1), {}, "a");
    report->add(Rule::MaintainerDeprecated, line(2), {}, "b");
    report->add(Rule::StageNameCasing, line(3), {}, "c");
  }
  must(lenient.violation());
  EXPECT_FAULT_SAYING(strict.violation(), FaultKind::Invalid,
                      "lint violation found for rules: StageNameCasing, MaintainerDeprecated");
  must(LintReport(must(LintConfig::parse("error=true"))).violation());
}
TEST(LintReport, LINT_4_LINT_2_ASkippedRuleFailsNothing) {
  LintReport report(must(LintConfig::parse("skip=StageNameCasing;error=true")));
  report.add(Rule::StageNameCasing, line(1), {}, "a");
  EXPECT_TRUE(report.warnings().empty());
  must(report.violation());
}

}  // namespace
}  // namespace strata::builder

#include "builder/lint/check_file.h"

#include "tests/builder/lint/lint_fixture.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::must;

TEST(CheckFile, LINT_10_LINT_11_NamesAndKeywordsOfStages) {
  EXPECT_THAT(Linted()("FROM a AS Base\n", true),
              ElementsAre("StageNameCasing: Stage name 'Base' should be lowercase (line 1)"));
  EXPECT_THAT(Linted()("FROM a as b\nFROM a As c\nFROM a AS d\n"), ElementsAre("FromAsCasing 1", "FromAsCasing 2"));
  EXPECT_THAT(Linted()("from a AS b\nfrom a as c\n", true),
              ElementsAre("FromAsCasing: 'AS' and 'from' keywords' casing do not match (line 1)"));
  EXPECT_THAT(Linted()("From a as b\n"), ElementsAre("ConsistentInstructionCasing 1"));  // a mixed FROM has no case
}
TEST(CheckFile, LEX_11_LINT_12_AnEmptyLineInAnInstructionIsFoundOnce) {
  EXPECT_THAT(Linted()("FROM a\nENV A=1 \\\n\n\n  B=2\nRUN x\n", true),
              ElementsAre("NoEmptyContinuation: Empty continuation line (line 5)"));
  EXPECT_THAT(Linted()("FROM a\nENV A=1 \\\n# one\n  # two\n  B=2\n"), IsEmpty());
  EXPECT_THAT(Linted()("FROM a\nRUN <<EOF \\\n\n cat\n\nEOF\n"), ElementsAre("NoEmptyContinuation 4"));
}
TEST(CheckFile, LINT_13_TheMajorityDecidesAndTiesAreUpperCase) {
  EXPECT_THAT(Linted()("from a\nenv A=1\nLABEL b=2\n", true),
              ElementsAre("ConsistentInstructionCasing: Command 'LABEL' should match the case of the command majority "
                          "(lowercase) (line 3)"));
  EXPECT_THAT(Linted()("FROM a\nenv A=1\n"), ElementsAre("ConsistentInstructionCasing 2"));
  EXPECT_THAT(Linted()("FROM a\nEnv A=1\n"), ElementsAre("ConsistentInstructionCasing 2"));
  EXPECT_THAT(Linted()("from a\nEnv A=1\nEnv B=1\n"),
              ElementsAre("ConsistentInstructionCasing 2", "ConsistentInstructionCasing 3"));
  EXPECT_THAT(Linted()("arg A\nFROM a\n"), IsEmpty());
}
TEST(CheckFile, LINT_14_LINT_15_NamesOfStages) {
  EXPECT_THAT(Linted()("FROM a AS x\nFROM a AS y\nFROM a AS x\n", true),
              ElementsAre("DuplicateStageName: Duplicate stage name \"x\", stage names should be unique (line 3)"));
  EXPECT_THAT(Linted()("FROM a AS x\nFROM a AS X\n"), ElementsAre("StageNameCasing 2", "DuplicateStageName 2"));
  EXPECT_THAT(
      Linted()("FROM a AS scratch\nFROM a AS context\n", true),
      ElementsAre("ReservedStageName: Stage name should not use the same name as reserved stage \"scratch\" (line 1)",
                  "ReservedStageName: Stage name should not use the same name as reserved stage \"context\" (line 2)"));
}
TEST(CheckFile, LINT_17_MaintainerIsDeprecated) {
  EXPECT_THAT(
      Linted()("FROM a\nMAINTAINER x\n", true),
      ElementsAre("MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line 2)"));
}
TEST(CheckFile, LEX_22_LINT_29_TheLastCommentAboveDescribes) {
  Linted lint;
  lint.config = must(LintConfig::parse("experimental=all"));
  EXPECT_THAT(lint("# b\nARG a b\n# x the x\n\n# y\nARG y\n#y none\nARG z=1\nFROM a\n", true),
              ElementsAre("InvalidDefinitionDescription: Comment for ARG should follow the format: `# z <description>` "
                          "(line 8)"));
  EXPECT_THAT(lint("# none\nARG a b\nFROM a\n", true),
              ElementsAre("InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> "
                          "<description>` (line 2)"));
  // A blank line keeps a comment attached, a bare one takes it off, an unnamed stage has nothing to describe.
  EXPECT_THAT(lint("# what\n\nFROM a AS base\n"), ElementsAre("InvalidDefinitionDescription 3"));
  EXPECT_THAT(lint("# what\n#\nFROM a AS base\n"), IsEmpty());
  EXPECT_THAT(lint("# what\nFROM a\n"), IsEmpty());
  EXPECT_THAT(lint("# base the base\n# check=skip=FromAsCasing\nFROM a AS base\n"), IsEmpty());
  EXPECT_THAT(Linted()("# what\nFROM a AS base\n"), IsEmpty());  // experimental: off
}
TEST(CheckFile, LINT_6_AnInstructionIsExcusedByTheCommentAboveIt) {
  EXPECT_THAT(Linted()("FROM a\n# check=skip=MaintainerDeprecated\nMAINTAINER x\nMAINTAINER y\n"),
              ElementsAre("MaintainerDeprecated 4"));
  EXPECT_THAT(Linted()("# the base\n# check=skip=StageNameCasing\nFROM a AS Base\nFROM a AS Other\n"),
              ElementsAre("StageNameCasing 4"));
  EXPECT_THAT(Linted()("FROM a\n# check=error=true;skip=JSONArgsRecommended\nCMD x\n"), IsEmpty());
}
TEST(CheckFile, LINT_8_WhatStandsBesideAnErrorIsStillFound) {
  EXPECT_THAT(Linted()("FROM a AS Base\nMAINTAINER x\nRNU y\n"),
              ElementsAre("StageNameCasing 1", "MaintainerDeprecated 2"));
  EXPECT_THAT(Linted()("FROM a AS Base\nRUN \\\n\n x\nENV y=1 z\n"),
              ElementsAre("NoEmptyContinuation 4", "StageNameCasing 1"));
}

}  // namespace
}  // namespace strata::builder

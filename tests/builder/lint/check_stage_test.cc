#include "builder/lint/check_stage.h"

#include "tests/builder/lint/lint_fixture.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;

TEST(CheckStage, LINT_16_AShellFormWithoutAChosenShell) {
  EXPECT_THAT(Linted()("FROM a\nCMD x\n", true),
              ElementsAre("JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior "
                          "related to OS signals (line 2)"));
  EXPECT_THAT(Linted()("FROM a\nENTRYPOINT x\n"), ElementsAre("JSONArgsRecommended 2"));
  EXPECT_THAT(Linted()("FROM a\nCMD [\"x\"]\nHEALTHCHECK CMD x\nRUN x\n"), IsEmpty());
  EXPECT_THAT(Linted()("FROM a AS b\nSHELL [\"/bin/sh\"]\nFROM b\nCMD x\n"), IsEmpty());
  Linted lint;
  lint.base.shell = {"/bin/bash", "-c"};
  EXPECT_THAT(lint("FROM a\nCMD x\n"), IsEmpty());
}
TEST(CheckStage, LINT_19_WORKDIR_8_OnlyTheFirstWorkdirOfALineageMustBeAbsolute) {
  EXPECT_THAT(Linted()("FROM a\nWORKDIR app\nWORKDIR src\n", true),
              ElementsAre("WorkdirRelativePath: Relative workdir \"app\" can have unexpected results if the base image "
                          "changes (line 2)"));
  EXPECT_THAT(Linted()("FROM a AS b\nWORKDIR /app\nFROM b\nWORKDIR src\n"), IsEmpty());
  EXPECT_THAT(Linted()("FROM a AS b\nWORKDIR /app\nFROM a\nWORKDIR src\n"), ElementsAre("WorkdirRelativePath 4"));
  EXPECT_THAT(Linted()("FROM a\nARG d=/x\nWORKDIR $d\n"), IsEmpty());
}
TEST(CheckStage, LINT_20_ERR_6_NamesThatNothingSets) {
  EXPECT_THAT(Linted()("FROM a\nENV P=$PAHT\n", true),
              ElementsAre("UndefinedVar: Usage of undefined variable '$PAHT' (did you mean $PATH?) (line 2)"));
  EXPECT_THAT(Linted()("FROM a\nARG X\nENV A=$X B=${A}\n"), ElementsAre("UndefinedVar 3"));  // $A, not the declared X
  EXPECT_THAT(Linted()("FROM a\nARG A=${unset1:-x}\nLABEL ${unset2+y}=$unset3\n"),
              ElementsAre("UndefinedVar 2", "UndefinedVar 3", "UndefinedVar 3"));
  EXPECT_THAT(Linted()("FROM a\nCOPY <<EOF /x\n$body $PATH\nEOF\nCOPY <<'EOF' /x\n$body\nEOF\n"),
              ElementsAre("UndefinedVar 2"));
  EXPECT_THAT(
      Linted()("FROM a\nUSER x$one\nWORKDIR /$two\nVOLUME /$three\nEXPOSE 80$four\nCOPY --chown=$five a$six /$seven\n"),
      ElementsAre("UndefinedVar 2", "UndefinedVar 3", "UndefinedVar 4", "UndefinedVar 5", "UndefinedVar 6",
                  "UndefinedVar 6", "UndefinedVar 6"));
  EXPECT_THAT(Linted()("FROM a\nRUN echo $x\nCMD [\"$x\"]\nHEALTHCHECK CMD $x\nONBUILD ENV A=$x\n"), IsEmpty());
  EXPECT_THAT(Linted()("FROM a\nENV A=\\$x B='$y'\n"), IsEmpty());
}
TEST(CheckStage, LINT_21_LINT_9_TheIgnoredOneIsShown) {
  EXPECT_THAT(Linted()("FROM a\nCMD [\"a\"]\nENTRYPOINT [\"a\"]\nHEALTHCHECK NONE\nCMD [\"b\"]\nENTRYPOINT [\"b\"]\n"
                       "HEALTHCHECK CMD b\nCMD [\"c\"]\n",
                       true),
              ElementsAre(HasSubstr("Multiple CMD instructions should not be used in the same stage because only the "
                                    "last one will be used (line 2)"),
                          HasSubstr("Multiple ENTRYPOINT instructions"), HasSubstr("Multiple HEALTHCHECK instructions"),
                          HasSubstr("(line 5)")));
  EXPECT_THAT(Linted()("FROM a AS b\nCMD [\"a\"]\nFROM b\nCMD [\"b\"]\n"), IsEmpty());
}
TEST(CheckStage, LINT_22_BlanksBetweenNameAndValue) {
  EXPECT_THAT(Linted()("FROM a\nENV A b c\nLABEL x y\n", true),
              ElementsAre("LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key value\" "
                          "format (line 2)",
                          "LegacyKeyValueFormat: \"LABEL key=value\" should be used instead of legacy \"LABEL key "
                          "value\" format (line 3)"));
  EXPECT_THAT(Linted()("FROM a\nENV A=\"b c\"\nARG x y\n"), IsEmpty());
}
TEST(CheckStage, LINT_25_NamesThatSoundLikeSecrets) {
  EXPECT_THAT(Linted()("FROM a\nARG NPM_TOKEN=x aws_Secret_id\nENV AUTH=1\n", true),
              ElementsAre("SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "
                          "\"NPM_TOKEN\") (line 2)",
                          "SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "
                          "\"aws_Secret_id\") (line 2)",
                          "SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV \"AUTH\") "
                          "(line 3)"));
  EXPECT_EQ(Linted()("FROM a\nARG apikey credential credentials key password pword passwd secret token auth\n").size(),
            10u);
  EXPECT_THAT(Linted()("FROM a\nARG PUBLIC_KEY TOKEN_FILE KEY_VERSION MONKEY a-token\nLABEL TOKEN=x\n"), IsEmpty());
  EXPECT_THAT(Linted()("FROM a\nARG p=MY\nENV ${p}_KEY=1\n"), ElementsAre("SecretsUsedInArgOrEnv 3"));
}
TEST(CheckStage, LINT_28_SourcesThatDockerignoreLeavesOut) {
  auto lint = [](llvm::StringRef ignore, llvm::StringRef text, bool messages = false) {
    IgnoreMatcher matcher = must(IgnoreMatcher::parse(ignore));
    Linted linted;
    linted.options.ignore = &matcher;
    return linted(text, messages);
  };
  EXPECT_THAT(
      lint("*.log\ndocs/\n", "FROM a\nCOPY x.log y /z/\nADD ./docs/a /z\n", true),
      ElementsAre("CopyIgnoredFile: Attempting to Copy file \"x.log\" that is excluded by .dockerignore (line 2)",
                  "CopyIgnoredFile: Attempting to Add file \"./docs/a\" that is excluded by .dockerignore (line 3)"));
  EXPECT_THAT(lint("*.log\n!x.log\n", "FROM a\nCOPY y.log /z/\n"), IsEmpty());
  EXPECT_THAT(lint("*.log\n", "FROM a AS b\nFROM a\nCOPY --from=b x.log /\nCOPY . /\n"), IsEmpty());
  for (const char* all : {"*", "**", "**/*"})
    EXPECT_THAT(lint(all, "FROM a\nCOPY . /x/\nCOPY / /x/\n"), ElementsAre("CopyIgnoredFile 2", "CopyIgnoredFile 3"));
}
TEST(CheckStage, LINT_30_LINT_31_Ports) {
  EXPECT_THAT(
      Linted()("FROM a\nARG p=90/UDP\nEXPOSE 80/Tcp\nEXPOSE $p\nEXPOSE 80 90/udp\n", true),
      ElementsAre("ExposeProtoCasing: Defined protocol '80/Tcp' in EXPOSE instruction should be lowercase (line 3)",
                  "ExposeProtoCasing: Defined protocol '90/UDP' in EXPOSE instruction should be lowercase (line 4)"));
  EXPECT_THAT(
      Linted()("FROM a\nEXPOSE 80:80\nEXPOSE 127.0.0.1:80:80\n", true),
      ElementsAre("ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port mapping, "
                  "found '80:80' (line 2)",
                  HasSubstr("found '127.0.0.1:80:80' (line 3)")));
}
TEST(CheckStage, LINT_23_STAGE_21_ABaseOfAnotherPlatform) {
  Linted lint;
  lint.base.platform = {.os = "linux", .architecture = "s390x"};
  EXPECT_THAT(
      lint("FROM a\n", true),
      ElementsAre("InvalidBaseImagePlatform: Base image a was pulled with platform \"linux/s390x\", expected \"" +
                  layerfs::hostPlatform().str() + "\" for current build (line 1)"));
}
TEST(CheckStage, WhatATriggerLooksLikeIsNotForThoseWhoUseIt) {
  Linted lint;
  lint.base.onBuild = {"CMD x", "ENV A $b", "WORKDIR y"};
  EXPECT_THAT(lint("FROM a\n"), IsEmpty());
}
TEST(CheckStage, OnlyStagesThatAreBuiltAreLookedAt) {
  Linted lint;
  lint.options.allStages = false;
  EXPECT_THAT(lint("FROM a AS unused\nCMD x\nFROM a AS Used\nCMD x\n"),
              ElementsAre("StageNameCasing 3", "JSONArgsRecommended 4"));
}

}  // namespace
}  // namespace strata::builder

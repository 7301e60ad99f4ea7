#include "builder/frontend/instruction.h"

#include "tests/builder/frontend/read_text.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;

TEST(ReadDockerfile, LEX_15_ERR_6_UnknownInstructionIsNamedWithASuggestion) {
  EXPECT_THAT(complaint("FNTRYPOINT x"), HasSubstr("unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?)"));
  EXPECT_THAT(complaint("runn x"), HasSubstr("unknown instruction: runn (did you mean run?)"));
  EXPECT_THAT(complaint("runn x"), HasSubstr("   2 | >>> runn x"));
  EXPECT_THAT(complaint("SOMETHING x"), Not(HasSubstr("did you mean")));
  for (llvm::StringRef known : instructionKeywords())
    EXPECT_THAT(complaint((known + " x y=z").str()), Not(HasSubstr("unknown instruction"))) << known.str();
}
TEST(ReadDockerfile, LEX_17_StagesThatNobodyNeedsAreCheckedToo) {
  EXPECT_FAULT_SAYING(read("FROM a AS dead\nRUN --bogus=1 x\nFROM b\n"), FaultKind::Invalid, "unknown flag: --bogus");
  EXPECT_FAULT_SAYING(read("FROM a AS dead\nCMD [1]\nFROM b\n"), FaultKind::Invalid, "comprised of strings only");
}
TEST(ReadDockerfile, LEX_21_OnlyArgMayComeFirst) {
  EXPECT_FAULT_SAYING(read("RUN x\nFROM a\n"), FaultKind::Invalid, "no build stage in current context");
  EXPECT_FAULT_SAYING(read("ARG x\n"), FaultKind::Invalid, "contains no stages to build");
  EXPECT_EQ(must(read("ARG x\nARG y\nFROM a\n")).globals.size(), 2u);
}
TEST(ReadDockerfile, AMissingFromIsToldOnce) {
  std::string message = testing::faultOf(read("FORM scratch\nRUN x\nCOPY a b\n")).message;
  EXPECT_THAT(message, HasSubstr("unknown instruction: FORM (did you mean FROM?)"));
  EXPECT_THAT(message, Not(HasSubstr("no build stage")));
  message = testing::faultOf(read("RUN x\nRUN y\n")).message;
  EXPECT_EQ(llvm::StringRef(message).count("no build stage"), 1u);
}
TEST(ReadDockerfile, FLAG_4_FlagsOfInstructionsWithoutAny) {
  for (llvm::StringRef line : {"CMD --foo", "ENTRYPOINT --foo x", "ENV --foo a=b", "LABEL --foo a=b", "EXPOSE --foo 1",
                               "VOLUME --foo /x", "USER --foo u", "WORKDIR --foo /x", "SHELL --foo [\"x\"]",
                               "MAINTAINER --foo x", "ONBUILD --foo RUN x", "FROM --foo x", "RUN --foo x"})
    EXPECT_THAT(complaint(line), HasSubstr("unknown flag: --foo")) << line.str();
  EXPECT_EQ(instruction<ArgInstruction>("ARG --foo x").pairs[0].key, "x");
  EXPECT_EQ(instruction<StopsignalInstruction>("STOPSIGNAL --foo 9").signal, "9");
  EXPECT_TRUE(instruction<HealthcheckInstruction>("HEALTHCHECK --foo NONE").none);
}
TEST(ReadDockerfile, FLAG_5_UnknownFlagsAreNamedWithASuggestion) {
  EXPECT_THAT(complaint("RUN --moutn=x y"), HasSubstr("unknown flag: --moutn (did you mean mount?)"));
  EXPECT_THAT(complaint("COPY --Link a b"), HasSubstr("unknown flag: --Link (did you mean link?)"));
  EXPECT_THAT(complaint("COPY --LINK a b"), Not(HasSubstr("did you mean")));
  EXPECT_THAT(complaint("ADD --from=x a b"), HasSubstr("unknown flag: --from"));
}
TEST(ReadDockerfile, FLAG_6_FlagsGivenTwice) {
  for (llvm::StringRef line :
       {"COPY --chown=1 --chown=2 a b", "COPY --link --link=false a b", "RUN --network=none --network=none x",
        "HEALTHCHECK --retries=1 --retries=1 CMD x", "FROM --platform=x --platform=x y"})
    EXPECT_THAT(complaint(line), HasSubstr("duplicate flag specified")) << line.str();
  EXPECT_THAT(textsOf(instruction<CopyInstruction>("COPY --exclude=b --exclude=a x y").excludes),
              ElementsAre("b", "a"));
  EXPECT_THAT(
      textsOf(instruction<RunInstruction>("RUN --mount=type=tmpfs,target=/b --mount=type=tmpfs,target=/a x").mounts),
      ElementsAre("type=tmpfs,target=/b", "type=tmpfs,target=/a"));
}
TEST(ReadDockerfile, FLAG_7_StringsNeedAValueThatMayBeEmpty) {
  EXPECT_THAT(complaint("COPY --chown a b"), HasSubstr("missing a value on flag: chown"));
  EXPECT_THAT(complaint("RUN --mount x"), HasSubstr("missing a value on flag: mount"));
  EXPECT_EQ(instruction<CopyInstruction>("COPY --chown= a b").chown, "");
  EXPECT_FALSE(instruction<RunInstruction>("RUN --network= x").network);
  EXPECT_EQ(instruction<HealthcheckInstruction>("HEALTHCHECK --interval= CMD x").interval, 0);
}
TEST(ReadDockerfile, FLAG_8_Booleans) {
  EXPECT_TRUE(instruction<CopyInstruction>("COPY --link a b").link);
  EXPECT_TRUE(instruction<CopyInstruction>("COPY --link=TRUE a b").link);
  EXPECT_FALSE(instruction<CopyInstruction>("COPY --link=fAlse a b").link);
  EXPECT_THAT(complaint("COPY --link=yes a b"), HasSubstr("expecting boolean value for flag link, not: yes"));
  EXPECT_THAT(complaint("COPY --link= a b"), HasSubstr("expecting boolean value for flag link"));
}
TEST(ReadDockerfile, FLAG_9_TheFlagsOfEachInstruction) {
  must(
      read("FROM --platform=linux/amd64 a\n"
           "ADD --chown=1 --chmod=1 --link --keep-git-dir --checksum=x --unpack --exclude=x a b\n"
           "COPY --from=x --chown=1 --chmod=1 --link --parents --exclude=x a b\n"
           "RUN --mount=type=tmpfs,target=/x --network=none --security=sandbox x\n"
           "HEALTHCHECK --interval=1s --timeout=1s --start-period=1s --start-interval=1s --retries=1 CMD x\n"));
  EXPECT_THAT(complaint("RUN --device=a.b/c=d x"), Not(HasSubstr("unknown flag")));
  for (llvm::StringRef line : {"ADD --parents a b", "COPY --checksum=x a b", "COPY --unpack a b", "RUN --link x"})
    EXPECT_THAT(complaint(line), HasSubstr("unknown flag")) << line.str();
}
TEST(ReadDockerfile, FLAG_10_FlagsStayAsWrittenUntilTheyAreUsed) {
  auto copy = instruction<CopyInstruction>("COPY --chown=$u --chmod=$m --exclude=$x a b");
  EXPECT_EQ(copy.chown, "$u");
  EXPECT_EQ(copy.chmod, "$m");
  EXPECT_EQ(copy.excludes[0].text, "$x");
  EXPECT_THAT(complaint("COPY --link=$x a b"), HasSubstr("expecting boolean value"));
  EXPECT_THAT(complaint("COPY --from=$x a b"), HasSubstr("variable expansion is not supported for --from"));
  EXPECT_THAT(complaint("RUN --network=$x a"), HasSubstr("$x"));
  EXPECT_THAT(complaint("RUN --security=$x a"), HasSubstr("$x"));
  EXPECT_THAT(complaint("HEALTHCHECK --interval=$x CMD a"), HasSubstr("$x"));
}
TEST(ReadDockerfile, STAGE_1_2_FormsOfFrom) {
  EXPECT_THAT(complaint("FROM a b"), HasSubstr("FROM requires either one or three arguments"));
  EXPECT_THAT(complaint("FROM a as 1x"), HasSubstr("1x"));
  Dockerfile file = must(read("FROM --platform=linux/amd64 a As Build\n"));
  EXPECT_EQ(file.stages[0].name, "build");
  EXPECT_EQ(file.stages[0].platform, "linux/amd64");
}
TEST(ReadDockerfile, ERR_SeveralIndependentErrorsComeTogetherInOrder) {
  std::string all = complaint("RNU x\nCOPY a\nWORKDIR");
  EXPECT_LT(all.find("RNU"), all.find("at least two arguments"));
  EXPECT_LT(all.find("at least two arguments"), all.find("WORKDIR requires exactly one argument"));
}
TEST(ReadDockerfile, RUN_9_10_ModesAreChecked) {
  EXPECT_THAT(complaint("RUN --network=hsot x"), HasSubstr("invalid network mode"));
  EXPECT_THAT(complaint("RUN --security=none x"), HasSubstr("is not valid"));
}

TEST(ReadDockerfile, ARG_1_WordsWithOrWithoutAValue) {
  auto pairs = instruction<ArgInstruction>("ARG a b=1=2 c=").pairs;
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_FALSE(pairs[0].value);
  EXPECT_EQ(pairs[1].key, "b");
  EXPECT_EQ(pairs[1].value, "1=2");
  EXPECT_EQ(pairs[2].value, "");
  EXPECT_THAT(complaint("ARG"), HasSubstr("ARG requires at least one argument"));
  EXPECT_THAT(complaint("ARG a =x"), HasSubstr("ARG names can not be blank"));
}
TEST(ReadDockerfile, ENV_1_TheFirstWordChoosesTheForm) {
  EXPECT_FALSE(instruction<EnvInstruction>("ENV a=b c=d").legacy);
  EXPECT_EQ(instruction<EnvInstruction>("ENV a=b c=d").pairs.size(), 2u);
  EXPECT_TRUE(instruction<EnvInstruction>("ENV a b c=d").legacy);
  EXPECT_EQ(instruction<EnvInstruction>("ENV a b c=d").pairs[0].value, "b c=d");
  EXPECT_THAT(complaint("ENV"), HasSubstr("ENV requires at least one argument"));
}
TEST(ReadDockerfile, ENV_2_EveryWordIsAPair) {
  EXPECT_THAT(complaint("ENV a=1 b"), HasSubstr("can't find = in \"b\""));
  EXPECT_THAT(complaint("ENV =x"), HasSubstr("ENV names can not be blank"));
  EXPECT_EQ(instruction<EnvInstruction>("ENV a=b=c").pairs[0].value, "b=c");
}
TEST(ReadDockerfile, ENV_3_TheOldFormTakesTheRestOfTheLine) {
  auto env = instruction<EnvInstruction>("ENV ONE  TWO= \\\n THREE=world");
  ASSERT_EQ(env.pairs.size(), 1u);
  EXPECT_EQ(env.pairs[0].key, "ONE");
  EXPECT_EQ(env.pairs[0].value, "TWO=  THREE=world");
  EXPECT_THAT(complaint("ENV A"), HasSubstr("ENV must have two arguments"));
}
TEST(ReadDockerfile, ENV_8_PercentSignsAreText) {
  EXPECT_EQ(instruction<EnvInstruction>("ENV a foo%sbar").pairs[0].value, "foo%sbar");
  EXPECT_EQ(dump("ENV a foo%sbar\n"), "(env \"a\" \"foo%sbar\" \"\")\n");
}
TEST(ReadDockerfile, LABEL_1_FormsAreThoseOfEnv) {
  auto label = instruction<LabelInstruction>("LABEL \"a.b\"=\"c d\" e=f");
  EXPECT_EQ(label.pairs[0].key, "\"a.b\"");
  EXPECT_EQ(label.pairs[0].value, "\"c d\"");
  EXPECT_TRUE(instruction<LabelInstruction>("LABEL a b c").legacy);
  EXPECT_THAT(complaint("LABEL a"), HasSubstr("LABEL must have two arguments"));
  EXPECT_THAT(complaint("LABEL a=1 b"), HasSubstr("can't find ="));
  EXPECT_THAT(complaint("LABEL =x"), HasSubstr("LABEL names can not be blank"));
}
TEST(ReadDockerfile, SHELL_1_NeedsJsonAndAWord) {
  EXPECT_THAT(complaint("SHELL /bin/sh"), HasSubstr("SHELL requires the arguments to be in JSON form"));
  EXPECT_THAT(complaint("SHELL"), HasSubstr("SHELL requires"));
  EXPECT_THAT(complaint("SHELL []"), HasSubstr("SHELL requires at least one argument"));
  EXPECT_THAT(instruction<ShellInstruction>("SHELL [\"/bin/sh\", \"-c\"]").words, ElementsAre("/bin/sh", "-c"));
}
TEST(ReadDockerfile, CMD_1_CMD_3_TextOrArray) {
  auto command = [](llvm::StringRef line) { return instruction<CmdInstruction>(line).command; };
  EXPECT_FALSE(command("CMD echo  \"a\"").exec);
  EXPECT_THAT(command("CMD echo  \"a\"").words, ElementsAre("echo  \"a\""));
  EXPECT_TRUE(command("CMD [\"a\"]").exec);
  EXPECT_FALSE(command("CMD").exec);
  EXPECT_THAT(command("CMD").words, ElementsAre(""));
  EXPECT_TRUE(command("CMD []").exec);
  EXPECT_TRUE(command("CMD []").words.empty());
}
TEST(ReadDockerfile, HEALTH_1_NoneTakesNothing) {
  EXPECT_THAT(complaint("HEALTHCHECK NONE x"), HasSubstr("HEALTHCHECK NONE takes no arguments"));
  EXPECT_TRUE(instruction<HealthcheckInstruction>("HEALTHCHECK --interval=x none").none);
}
TEST(ReadDockerfile, HEALTH_2_TheCommandOfACheck) {
  EXPECT_THAT(complaint("HEALTHCHECK"), HasSubstr("HEALTHCHECK requires at least one argument"));
  EXPECT_THAT(complaint("HEALTHCHECK CMD"), HasSubstr("missing command after HEALTHCHECK CMD"));
  EXPECT_THAT(complaint("HEALTHCHECK FOO x"), HasSubstr("unknown type \"FOO\" in HEALTHCHECK (try CMD)"));
  EXPECT_THAT(instruction<HealthcheckInstruction>("HEALTHCHECK cMd a | b").command.words, ElementsAre("a | b"));
  EXPECT_TRUE(instruction<HealthcheckInstruction>("HEALTHCHECK CMD [\"a\", \"b\"]").command.exec);
}
TEST(ReadDockerfile, HEALTH_3_Durations) {
  auto check = instruction<HealthcheckInstruction>(
      "HEALTHCHECK --interval=1m2.5s --timeout=1ms --start-period=0 --start-interval=2h CMD x");
  EXPECT_EQ(check.interval, 62'500'000'000);
  EXPECT_EQ(check.timeout, 1'000'000);
  EXPECT_EQ(check.startPeriod, 0);
  EXPECT_EQ(check.startInterval, 7'200'000'000'000);
  for (llvm::StringRef flag : {"interval", "timeout", "start-period", "start-interval"}) {
    EXPECT_THAT(complaint(("HEALTHCHECK --" + flag + "=999us CMD x").str()), HasSubstr("cannot be less than 1ms"));
    EXPECT_THAT(complaint(("HEALTHCHECK --" + flag + "=-1s CMD x").str()), HasSubstr("cannot be less than 1ms"));
    EXPECT_THAT(complaint(("HEALTHCHECK --" + flag + "=5 CMD x").str()), HasSubstr("invalid duration \"5\""));
  }
}
TEST(ReadDockerfile, HEALTH_4_Retries) {
  EXPECT_EQ(instruction<HealthcheckInstruction>("HEALTHCHECK --retries=3 CMD x").retries, 3);
  EXPECT_EQ(instruction<HealthcheckInstruction>("HEALTHCHECK --retries=0 CMD x").retries, 0);
  for (llvm::StringRef bad : {"-1", "x", "1.5"})
    EXPECT_THAT(complaint(("HEALTHCHECK --retries=" + bad + " CMD x").str()), HasSubstr("--retries"));
}
TEST(ReadDockerfile, HEALTH_5_DefaultsAreLeftToTheRuntime) {
  auto check = instruction<HealthcheckInstruction>("HEALTHCHECK CMD x");
  EXPECT_EQ(check.interval, 0);
  EXPECT_EQ(check.timeout, 0);
  EXPECT_EQ(check.startPeriod, 0);
  EXPECT_EQ(check.startInterval, 0);
  EXPECT_EQ(check.retries, 0);
}
TEST(ReadDockerfile, HEALTH_7_TheTypeFollowsTheFlagsAndNothingIsExpanded) {
  EXPECT_THAT(instruction<HealthcheckInstruction>("HEALTHCHECK --retries=1 \\\n CMD $x").command.words,
              ElementsAre("$x"));
  EXPECT_THAT(complaint("HEALTHCHECK --retries=1\nCMD x"), HasSubstr("HEALTHCHECK requires at least one argument"));
  EXPECT_THAT(complaint("HEALTHCHECK $x y"), HasSubstr("unknown type \"$x\""));
}
TEST(ReadDockerfile, STOP_1_OneArgument) {
  EXPECT_EQ(instruction<StopsignalInstruction>("STOPSIGNAL  $x ").signal, "$x");
  EXPECT_THAT(complaint("STOPSIGNAL"), HasSubstr("STOPSIGNAL requires exactly one argument"));
}
TEST(ReadDockerfile, VOL_1_WordsOrArrayNoneOfThemEmpty) {
  EXPECT_THAT(textsOf(instruction<VolumeInstruction>("VOLUME /a  /b").paths), ElementsAre("/a", "/b"));
  EXPECT_THAT(textsOf(instruction<VolumeInstruction>("VOLUME [\"/a b\"]").paths), ElementsAre("/a b"));
  EXPECT_THAT(complaint("VOLUME"), HasSubstr("VOLUME requires at least one argument"));
  EXPECT_THAT(complaint("VOLUME []"), HasSubstr("VOLUME requires at least one argument"));
  EXPECT_THAT(complaint("VOLUME [\"\"]"), HasSubstr("VOLUME specified can not be an empty string"));
}
TEST(ReadDockerfile, MAINT_1_OneArgumentAndNoTrigger) {
  EXPECT_EQ(instruction<MaintainerInstruction>("MAINTAINER  A $B <c@d> ").author, "A $B <c@d>");
  EXPECT_THAT(complaint("MAINTAINER"), HasSubstr("MAINTAINER requires exactly one argument"));
  EXPECT_THAT(complaint("ONBUILD MAINTAINER x"), HasSubstr("MAINTAINER isn't allowed as an ONBUILD trigger"));
}
TEST(ReadDockerfile, ExposeNeedsAWord) {
  EXPECT_THAT(complaint("EXPOSE"), HasSubstr("EXPOSE requires at least one argument"));
}
TEST(ReadDockerfile, ONB_1_TheTriggerIsTheInnerText) {
  EXPECT_THAT(complaint("ONBUILD"), HasSubstr("ONBUILD requires at least one argument"));
  EXPECT_EQ(instruction<OnbuildInstruction>("onbuild  Run  a \\\n  b").trigger, "Run  a   b");
  EXPECT_EQ(instruction<OnbuildInstruction>("ONBUILD RUN <<E\nx\nE").trigger, "RUN <<E\nx\nE");
}
TEST(ReadDockerfile, ONB_2_ThreeAreNoTriggers) {
  EXPECT_THAT(complaint("ONBUILD ONBUILD RUN x"), HasSubstr("ONBUILD ONBUILD"));
  EXPECT_THAT(complaint("ONBUILD from x"), HasSubstr("FROM isn't allowed as an ONBUILD trigger"));
  EXPECT_THAT(complaint("ONBUILD MAINTAINER x"), HasSubstr("MAINTAINER isn't allowed as an ONBUILD trigger"));
}
TEST(ReadDockerfile, ONB_3_TheInnerInstructionIsCheckedWhenItIsTriggered) {
  EXPECT_EQ(instruction<OnbuildInstruction>("ONBUILD COPY --bogus=1 a").trigger, "COPY --bogus=1 a");
  EXPECT_FAULT_SAYING(readTriggers({"COPY --bogus=1 a b"}), FaultKind::Invalid, "unknown flag: --bogus");
  EXPECT_EQ(instruction<OnbuildInstruction>("ONBUILD BOGUS a").trigger, "BOGUS a");
  EXPECT_FAULT_SAYING(readTriggers({"BOGUS a"}), FaultKind::Invalid, "unknown instruction: BOGUS");
  EXPECT_THAT(complaint("ONBUILD CMD [1]"), HasSubstr("comprised of strings only"));  // no line at all
}
TEST(ReadDockerfile, ONB_7_EachTriggerIsOneInstructionWithBackslashes) {
  Dockerfile file = must(readTriggers({"COPY <<E /x\nbody\nE", "RUN a \\\n b", "RUN c `", "RUN d \\"}));
  EXPECT_EQ(file.stages[0].instructions.size(), 4u);
  EXPECT_EQ(file.stages[0].instructions[1].text, "RUN a  b");
  EXPECT_EQ(file.stages[0].instructions[3].text, "RUN d");
  std::vector<std::vector<std::string>> wrong = {
      {"RUN a\nRUN b"}, {"RUN a \\", "b\nRUN c"}, {"RUN a\nUSER b", "RUN c"}, {""}, {"# x"},
      {"FROM x"},       {"ONBUILD RUN x"}};
  for (const auto& triggers : wrong) EXPECT_FAULT(readTriggers(triggers), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::builder

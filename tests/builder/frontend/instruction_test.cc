#include "builder/frontend/instruction.h"
#include "builder/frontend/go_duration.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

llvm::Expected<Dockerfile> read(llvm::StringRef text) {
  return readDockerfile(std::make_shared<SourceText>("Dockerfile", text.str()));
}
/// The message for one line below a FROM.
std::string complaint(llvm::StringRef line) { return testing::faultOf(read(("FROM a\n" + line + "\n").str())).message; }
using ::testing::HasSubstr;

TEST(ReadDockerfile, LEX_15_ERR_6_UnknownInstructionIsNamedWithASuggestion) {
  EXPECT_THAT(complaint("FNTRYPOINT x"), HasSubstr("unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?)"));
  EXPECT_THAT(complaint("runn x"), HasSubstr("unknown instruction: runn (did you mean run?)"));
  EXPECT_THAT(complaint("runn x"), HasSubstr("   2 | >>> runn x"));
}
TEST(ReadDockerfile, FLAG_4_to_8_FlagsAreChecked) {
  EXPECT_THAT(complaint("RUN --moutn=x y"), HasSubstr("unknown flag: --moutn (did you mean mount?)"));
  EXPECT_THAT(complaint("CMD --foo"), HasSubstr("unknown flag: --foo"));
  EXPECT_THAT(complaint("COPY --chown=1 --chown=2 a b"), HasSubstr("duplicate flag specified"));
  EXPECT_THAT(complaint("COPY --chown a b"), HasSubstr("missing a value on flag"));
  EXPECT_THAT(complaint("COPY --link=x a b"), HasSubstr("link"));
  EXPECT_THAT(complaint("COPY --link= a b"), HasSubstr("link"));
  EXPECT_THAT(complaint("ADD --from=x a b"), HasSubstr("unknown flag: --from"));
  must(read("FROM a\nARG --x=1 y\nCOPY --link=TRUE --exclude=a --exclude=b a b\nHEALTHCHECK --bogus NONE\n"));
}
TEST(ReadDockerfile, STAGE_1_2_FormsOfFrom) {
  EXPECT_THAT(complaint("FROM a b"), HasSubstr("FROM requires either one or three arguments"));
  EXPECT_THAT(complaint("FROM a as 1x"), HasSubstr("1x"));
  Dockerfile file = must(read("FROM --platform=linux/amd64 a As Build\n"));
  EXPECT_EQ(file.stages[0].name, "build");
  EXPECT_EQ(file.stages[0].platform, "linux/amd64");
}
TEST(ReadDockerfile, LEX_21_OnlyArgMayComeFirst) {
  EXPECT_FAULT_SAYING(read("RUN x\nFROM a\n"), FaultKind::Invalid, "no build stage in current context");
  EXPECT_FAULT_SAYING(read("ARG x\n"), FaultKind::Invalid, "contains no stages to build");
}
TEST(ReadDockerfile, ERR_SeveralIndependentErrorsComeTogetherInOrder) {
  std::string all = complaint("RNU x\nCOPY a\nWORKDIR");
  EXPECT_LT(all.find("RNU"), all.find("at least two arguments"));
  EXPECT_LT(all.find("at least two arguments"), all.find("WORKDIR requires exactly one argument"));
}
TEST(ReadDockerfile, SHELL_1_CMD_3_CommandForms) {
  EXPECT_THAT(complaint("SHELL /bin/sh"), HasSubstr("SHELL requires the arguments to be in JSON form"));
  EXPECT_THAT(complaint("SHELL []"), HasSubstr("SHELL"));
  Dockerfile file = must(read("FROM a\nCMD\nCMD []\nENTRYPOINT []x\n"));
  auto command = [&](size_t i) { return std::get<CmdInstruction>(file.stages[0].instructions[i].body).command; };
  EXPECT_FALSE(command(0).exec);
  EXPECT_THAT(command(0).words, ::testing::ElementsAre(""));
  EXPECT_TRUE(command(1).exec);
  EXPECT_TRUE(command(1).words.empty());
}
TEST(ReadDockerfile, HEALTH_1_to_4_Healthchecks) {
  EXPECT_THAT(complaint("HEALTHCHECK NONE x"), HasSubstr("NONE"));
  EXPECT_THAT(complaint("HEALTHCHECK CMD"), HasSubstr("missing command"));
  EXPECT_THAT(complaint("HEALTHCHECK FOO x"), HasSubstr("CMD"));
  EXPECT_THAT(complaint("HEALTHCHECK --interval=5 CMD x"), HasSubstr("interval"));
  EXPECT_THAT(complaint("HEALTHCHECK --interval=1us CMD x"), HasSubstr("cannot be less than 1ms"));
  EXPECT_THAT(complaint("HEALTHCHECK --retries=-1 CMD x"), HasSubstr("retries"));
  Dockerfile file = must(read("FROM a\nHEALTHCHECK --interval=1m2.5s --retries=3 cmd [\"a\", \"b\"]\n"));
  auto check = std::get<HealthcheckInstruction>(file.stages[0].instructions[0].body);
  EXPECT_EQ(check.interval, 62'500'000'000);
  EXPECT_EQ(check.retries, 3);
  EXPECT_TRUE(check.command.exec);
}
TEST(ReadDockerfile, COPY_1_HDOC_10_12_HeredocsAmongSources) {
  EXPECT_THAT(complaint("COPY a <<EOF\nx\nEOF"), HasSubstr("cannot accept a heredoc as a destination"));
  EXPECT_THAT(complaint("COPY --from=$x a b"), HasSubstr("variable expansion is not supported for --from"));
  Dockerfile file = must(read("FROM a\nCOPY x <<A <<B y dir/\na\nA\nb\nB\n"));
  auto copy = std::get<CopyInstruction>(file.stages[0].instructions[0].body);
  ASSERT_EQ(copy.sources.size(), 2u);
  ASSERT_EQ(copy.heredocs.size(), 2u);
  EXPECT_EQ(copy.heredocs[1].body, "b\n");
  EXPECT_EQ(copy.destination.text, "dir/");
}
TEST(ReadDockerfile, RUN_9_10_ModesAreChecked) {
  EXPECT_THAT(complaint("RUN --network=hsot x"), HasSubstr("invalid network mode"));
  EXPECT_THAT(complaint("RUN --security=none x"), HasSubstr("is not valid"));
}
TEST(ReadDockerfile, ONB_1_2_HDOC_18_Triggers) {
  EXPECT_THAT(complaint("ONBUILD"), HasSubstr("ONBUILD requires at least one argument"));
  EXPECT_THAT(complaint("ONBUILD ONBUILD RUN x"), HasSubstr("ONBUILD"));
  EXPECT_THAT(complaint("ONBUILD FROM x"), HasSubstr("FROM isn't allowed as an ONBUILD trigger"));
  Dockerfile file = must(read("FROM a\nONBUILD COPY --bogus=1 <<E /x\nbody\nE\n"));
  std::string trigger = std::get<OnbuildInstruction>(file.stages[0].instructions[0].body).trigger;
  EXPECT_EQ(trigger, "COPY --bogus=1 <<E /x\nbody\nE");
  EXPECT_FAULT_SAYING(readTriggers({trigger}), FaultKind::Invalid, "unknown flag");
  Dockerfile read = must(readTriggers({"COPY <<E /x\nbody\nE", "RUN a \\\n b"}));
  EXPECT_EQ(read.stages[0].instructions.size(), 2u);
  EXPECT_FAULT(readTriggers({"RUN a\nRUN b"}), FaultKind::Invalid);
}
TEST(ReadDockerfile, ARG_1_BlankNamesAreRefused) {
  EXPECT_THAT(complaint("ARG"), HasSubstr("at least one argument"));
  EXPECT_THAT(complaint("ARG =x"), HasSubstr("names can not be blank"));
  EXPECT_THAT(complaint("ENV =x"), HasSubstr("names can not be blank"));
}
TEST(GoDuration, ReadsAndRefuses) {
  EXPECT_EQ(must(parseGoDuration("1h2m3.5s")), 3'723'500'000'000);
  EXPECT_EQ(must(parseGoDuration("0")), 0);
  EXPECT_EQ(must(parseGoDuration("250ms")), 250'000'000);
  for (llvm::StringRef bad : {"", "5", "s", "1x", "1..5s", "99999999999h"})
    EXPECT_FAULT(parseGoDuration(bad), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::builder

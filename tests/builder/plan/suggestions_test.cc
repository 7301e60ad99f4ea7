/// \file What a wrong name is answered with, wherever a Dockerfile has names.

#include "builder/frontend/device_flag.h"
#include "support/text.h"
#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

std::string complaints(llvm::StringRef text) {
  auto file = readDockerfile(std::make_shared<SourceText>("Dockerfile", text.str()));
  if (!file) return messageOf(file.takeError());
  return testing::faultOf(Planned(text).plan()).message;
}
std::string complaintOf(llvm::StringRef line) { return complaints(("FROM base\n" + line + "\n").str()); }

TEST(Suggestions, ERR_5_TheNearestNameBelowADistanceOfThree) {
  EXPECT_EQ(didYouMean("buidl", {"build", "bundle"}), " (did you mean build?)");
  EXPECT_EQ(didYouMean("xyz", {"build"}), "");
  EXPECT_EQ(didYouMean("build", {"build", "built"}), "") << "an exact match is no misspelling";
  EXPECT_EQ(didYouMean("abcd", {"abxyz"}), "") << "three edits";
  EXPECT_EQ(didYouMean("abcd", {"abxy"}), " (did you mean abxy?)") << "two";
}
TEST(Suggestions, ERR_6_InstructionKeywordsInTheCaseOfTheInput) {
  EXPECT_THAT(complaintOf("FNTRYPOINT x"), HasSubstr("unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?)"));
  EXPECT_THAT(complaintOf("fntrypoint x"), HasSubstr("unknown instruction: fntrypoint (did you mean entrypoint?)"));
  EXPECT_THAT(complaintOf("BANANA x"), Not(HasSubstr("did you mean")));
}
TEST(Suggestions, ERR_6_FlagsOfTheSameInstruction) {
  EXPECT_THAT(complaintOf("COPY --foo=x a b"), HasSubstr("unknown flag: --foo (did you mean from?)"));
  EXPECT_THAT(complaintOf("HEALTHCHECK --timeou=1s CMD x"),
              HasSubstr("unknown flag: --timeou (did you mean timeout?)"));
  EXPECT_THAT(complaintOf("CMD --mount=x"), Not(HasSubstr("did you mean")));
}
TEST(Suggestions, ERR_6_MountKeysTypesAndSharing) {
  EXPECT_THAT(complaintOf("RUN --mount=type=cache,targt=/c x"), HasSubstr("(did you mean target?)"));
  EXPECT_THAT(complaintOf("RUN --mount=type=cahce,target=/c x"), HasSubstr("(did you mean cache?)"));
  EXPECT_THAT(complaintOf("RUN --mount=type=cache,target=/c,sharing=lokced x"), HasSubstr("(did you mean locked?)"));
}
TEST(Suggestions, ERR_6_STAGE_17_BaseImagesAmongStagesAndCommonOnes) {
  EXPECT_THAT(complaints("FROM base AS build\nFROM biuld\n"), HasSubstr("biuld: no such image (did you mean build?)"));
  EXPECT_THAT(complaints("FROM alpnie:3.20\n"), HasSubstr("alpnie:3.20: no such image (did you mean alpine?)"));
  EXPECT_THAT(complaints("FROM example.com/alpnie\n"), Not(HasSubstr("did you mean")));
}
TEST(Suggestions, ERR_6_STAGE_18_VariablesOfPlatforms) {
  EXPECT_THAT(complaints("FROM --platform=$BUILDPLATFOR base\n"),
              HasSubstr("empty platform value from expression $BUILDPLATFOR (did you mean BUILDPLATFORM?)"));
}
TEST(Suggestions, ERR_6_KeysOfDevices) {
  EXPECT_FAULT_SAYING(parseDeviceFlag("vendor.com/gpu=all,requird=1"), FaultKind::Invalid, "(did you mean required?)");
  EXPECT_FAULT_SAYING(parseDeviceFlag("nam=vendor.com/gpu"), FaultKind::Invalid, "(did you mean name?)");
}
TEST(Suggestions, ERR_6_Targets) {
  Planned planned("FROM base AS build\nFROM base\n");
  planned.options.target = "biuld";
  EXPECT_FAULT_SAYING(planned.plan(), FaultKind::Invalid,
                      "target stage \"biuld\" could not be found (did you mean build?)");
}
TEST(Errors, ERR_4_TriggersPointAtTheFromThatUsesThem) {
  Planned planned("FROM scratch\nFROM base AS user\nUSER x\n");
  planned.base.onBuild = {"STOPSIGNAL nonsense"};
  planned.options.target = "user";
  EXPECT_FAULT_SAYING(planned.plan(), FaultKind::Invalid, "   2 | >>> FROM base AS user\n");
}
TEST(Errors, ERR_4_ALongInstructionIsShownWhole) {
  EXPECT_THAT(complaints("FROM base\nLABEL a=b \\\n  c=${\nUSER x\n"),
              HasSubstr("   2 | >>> LABEL a=b \\\n   3 | >>>   c=${\n   4 |     USER x\n"));
}
TEST(Errors, ERR_4_ADirectiveIsShown) {
  EXPECT_THAT(complaints("# syntax=a\n# syntax=b\nFROM base\n"), HasSubstr("   2 | >>> # syntax=b\n"));
}
TEST(Errors, IndependentOnesComeTogether) {
  std::string all = complaints(
      "FROM base AS a\nSTOPSIGNAL one\nSTOPSIGNAL two\nFROM base AS b\nCOPY --from=a / /\n"
      "COPY --from=a / /\nSTOPSIGNAL three\n");
  for (const char* name : {"one", "two", "three"}) EXPECT_THAT(all, HasSubstr("invalid signal: " + std::string(name)));
  EXPECT_EQ(all.find("stands on"), std::string::npos);
  EXPECT_EQ(all.find("invalid signal: one"), all.rfind("invalid signal: one")) << "told once";
}
TEST(Errors, LEX_17_ErrorsOfEveryStageComeInFileOrder) {
  std::string all = complaints("FROM base AS unused\nENV a=1 b\nRNU x\nFROM base\nCOPY a\n");
  EXPECT_LT(all.find("can't find = in"), all.find("unknown instruction: RNU"));
  EXPECT_LT(all.find("unknown instruction: RNU"), all.find("requires at least two arguments"));
}

}  // namespace
}  // namespace strata::builder

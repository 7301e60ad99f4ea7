/// \file What of a Dockerfile is expanded, with which variables: the planner's part of spec VAR, FLAG, JSON and HDOC.

#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::must;

CopyOp lastCopy(llvm::StringRef dockerfile) { return *lastOf(Planned(dockerfile).mustPlan()).as<CopyOp>(); }
RunOp lastRun(llvm::StringRef dockerfile) { return *lastOf(Planned(dockerfile).mustPlan()).as<RunOp>(); }
std::string planComplaint(llvm::StringRef dockerfile) { return testing::faultOf(Planned(dockerfile).plan()).message; }

TEST(Expansion, VAR_1_WordsExpandedWithTheStagesVariables) {
  layerfs::ImageConfig config = configOf(
      "FROM base\nARG a=x p=80 s=9\nENV e=1$a \"k$a\"=v\nLABEL l=$a \"$a\"='$a'\nEXPOSE $p\nSTOPSIGNAL $s\nUSER u$a\n"
      "VOLUME /$a\nVOLUME [\"/v $a\"]\nWORKDIR /w$a\nARG d=$a$e\nENV f=$d\n");
  EXPECT_THAT(config.env, ::testing::IsSupersetOf({"e=1x", "kx=v", "f=x1x"}));
  EXPECT_EQ(config.labels, (std::map<std::string, std::string>{{"l", "x"}, {"x", "$a"}}));
  EXPECT_THAT(config.exposedPorts, ElementsAre("80/tcp"));
  EXPECT_EQ(config.stopSignal, "9");
  EXPECT_EQ(config.user, "ux");
  EXPECT_THAT(config.volumes, ElementsAre("/v x", "/x"));
  EXPECT_EQ(config.workingDir, "/wx");
  CopyOp copy = lastCopy("FROM base\nARG a=x\nADD $a ${a}y <<E /d$a/\nb$a\nE\n");
  EXPECT_THAT(copy.sources, ElementsAre("x", "xy"));
  EXPECT_EQ(copy.inlineFiles[0].content, "bx\n");
  EXPECT_EQ(copy.destination, "/dx");
  EXPECT_THAT(planComplaint("FROM base\nARG a=x\nRUN --mount=type=$a,target=/t b\n"), HasSubstr("x"));
}
TEST(Expansion, VAR_2_TheHeadOfAStageKnowsTheGlobalScopeAlone) {
  Planned planned("ARG a=ba\nARG b=${a}se p=linux/amd64\nFROM --platform=$p $b AS x\nENV b=nothing\nFROM $b\nRUN y\n");
  planned.addImage("base", {"linux/amd64"});
  planned.mustPlan();
  for (const auto& [name, platform] : planned.resolved) EXPECT_EQ(name, "base");
  EXPECT_FALSE(planned.resolved.empty());
}
TEST(Expansion, VAR_3_NeverExpanded) {
  layerfs::ImageConfig config = configOf(
      "FROM base\nENV a=x\nSHELL [\"$a\", \"-c\"]\nCMD $a\nENTRYPOINT [\"$a\"]\nHEALTHCHECK CMD $a\nMAINTAINER "
      "$a\nONBUILD RUN $a\n");
  EXPECT_THAT(*config.cmd, ElementsAre("$a", "-c", "$a"));
  EXPECT_THAT(*config.entrypoint, ElementsAre("$a"));
  EXPECT_THAT(config.shell, ElementsAre("$a", "-c"));
  EXPECT_THAT(config.healthcheck->test, ElementsAre("CMD-SHELL", "$a"));
  EXPECT_EQ(config.author, "$a");
  EXPECT_THAT(config.onBuild, ElementsAre("RUN $a"));
  EXPECT_EQ(lastRun("FROM base\nENV a=x\nRUN echo $a\n").argv[2], "echo $a");
  EXPECT_EQ(valueAtRun(Planned("FROM base\nENV a=x\nARG $a=1\nRUN b\n").mustPlan(), "x"), std::nullopt);
}
TEST(Expansion, VAR_6_OnlyExposeSplitsItsValues) {
  EXPECT_THAT(configOf("FROM base\nARG P=\"3000 4000/udp\"\nEXPOSE $P\n").exposedPorts,
              ElementsAre("3000/tcp", "4000/udp"));
  EXPECT_THAT(configOf("FROM base\nARG P=\"/a /b\"\nVOLUME $P\n").volumes, ElementsAre("/a /b"));
  EXPECT_THAT(lastCopy("FROM base\nARG P=\"a b\"\nCOPY $P /c/\n").sources, ElementsAre("a b"));
}
TEST(Expansion, VAR_18_AMissingValueEndsTheBuildUnlessABuildArgumentGivesIt) {
  EXPECT_THAT(planComplaint("FROM base\nARG a=${b:?needed}\n"), HasSubstr("b: needed"));
  EXPECT_THAT(planComplaint("ARG a=${b:?needed}\nFROM base\n"), HasSubstr("b: needed"));
  Planned planned("ARG a=${b:?needed}\nFROM base\nARG c=${b:?needed}\nRUN x\n");
  planned.options.buildArgs = {{"a", "1"}, {"c", "2"}};
  EXPECT_EQ(valueAtRun(planned.mustPlan(), "c"), "2");
}
TEST(Expansion, VAR_26_TheErrorStandsAtItsInstruction) {
  std::string message = planComplaint("FROM base\nRUN x\nENV a=b${c\n");
  EXPECT_THAT(message, HasSubstr("failed to process \"b${c\""));
  EXPECT_THAT(message, HasSubstr("   3 | >>> ENV a=b${c"));
  EXPECT_THAT(planComplaint("FROM base\nCOPY \"a b\" /x\n"), HasSubstr("failed to process \"\"a\""));
}
TEST(Expansion, LEX_19_QuotesSplitByCopyDoNotClose) {
  EXPECT_THAT(planComplaint("FROM base\nCOPY \"a b\" /x\n"), HasSubstr("double-quote"));
}
TEST(Expansion, FLAG_10_WhichFlagsAreExpanded) {
  CopyOp copy = lastCopy("FROM base\nARG u=7 m=640\nCOPY --chown=$u:8 --chmod=$m --exclude=$u a /b\n");
  EXPECT_EQ(copy.chown, "7:8");
  EXPECT_EQ(copy.chmod, "640");
  const Plan plan = Planned("FROM base\nARG u=7\nCOPY --exclude=$u a /b\n").mustPlan();
  bool seen = false;
  for (const Vertex& vertex : plan.vertices)
    if (const auto* files = vertex.as<ContextFilesOp>()) seen |= files->excludes == std::vector<std::string>{"$u"};
  EXPECT_TRUE(seen);
}
TEST(Expansion, DIR_10_BARG_1_NoFrontendButOurOwn) {
  for (llvm::StringRef value : {"no/such/image:1", "dockerfile.v0"}) {
    Planned planned("# syntax=no/such/frontend\nFROM base\nRUN echo\n");
    Planned plain("FROM base\nRUN echo\n");
    planned.options.buildArgs = {{"BUILDKIT_SYNTAX", value.str()}};
    EXPECT_EQ(namesOf(planned.mustPlan()), namesOf(plain.mustPlan()));
    EXPECT_EQ(planned.config(), plain.config());
  }
}
TEST(Expansion, JSON_5_ExecFormIsNotExpandedButSourcesAre) {
  EXPECT_THAT(lastRun("FROM base\nENV a=x\nRUN [\"$a\", \"\\\"b\\\"\"]\n").argv, ElementsAre("$a", "\"b\""));
  CopyOp copy = lastCopy("FROM base\nENV a=x\nCOPY [\"$a b\", \"'c d'\\\\ e\", \"/$a\"]\n");
  EXPECT_THAT(copy.sources, ElementsAre("x b", "c d e"));
  EXPECT_EQ(copy.destination, "/x");
}
TEST(Expansion, HDOC_9_LeadingTabsGo) {
  EXPECT_EQ(lastCopy("FROM base\nCOPY <<-E /x\n\t\ta\n \tb\n\t\n\tE\n").inlineFiles[0].content, "a\n \tb\n\n");
  EXPECT_EQ(lastRun("FROM base\nRUN <<-E\n\ta\n\tE\n").argv[2], "a\n");
  EXPECT_EQ(lastRun("FROM base\nRUN <<-E cat\n\ta\n\tE\n").argv[2], "<<-E cat\n\ta\nE");  // the shell's affair
}
TEST(Expansion, HDOC_10_HDOC_11_EachWordIsAFileBesideTheSources) {
  CopyOp copy = lastCopy("FROM base\nCOPY <<A b <<\"B\" c d/\na\nA\nB\n");
  EXPECT_THAT(copy.sources, ElementsAre("b", "c"));
  EXPECT_THAT(copy.inlineFiles, ElementsAre(InlineFile{"A", "a\n"}, InlineFile{"B", ""}));
  EXPECT_EQ(copy.destination, "/srv/d");
  EXPECT_TRUE(copy.destinationIsDirectory);
}
TEST(Expansion, HDOC_13_BodiesAreExpandedUnlessQuoted) {
  auto body = [](llvm::StringRef word, llvm::StringRef text) {
    return lastCopy(("# escape=`\nFROM base\nARG a=x\nENV b=y\nCOPY " + word + " /f\n" + text + "\nE\n").str())
        .inlineFiles[0]
        .content;
  };
  EXPECT_EQ(body("<<E", "$a '${b}' \"${c:-z}\" `$a \\$a C:\\t \\\\ \\\n-"), "x 'y' \"z\" `x $a C:t \\ \n-\n");
  EXPECT_EQ(body("<<'E'", "$a \\$a \\\\"), "$a \\$a \\\\\n");
}
TEST(Expansion, HDOC_14_TheShellExpandsTheBodyOfARun) {
  EXPECT_EQ(lastRun("FROM base\nENV a=x\nRUN <<E\necho $a \\$a\nE\n").argv[2], "echo $a \\$a\n");
  EXPECT_EQ(lastRun("FROM base\nENV a=x\nRUN cat <<E\n$a\nE\n").argv[2], "cat <<E\n$a\nE");
}
TEST(Expansion, HDOC_15_AnyShellGetsTheBodyOfASoleHeredoc) {
  EXPECT_THAT(lastRun("FROM base\nSHELL [\"/bin/awk\"]\nRUN <<'E'\nBEGIN {}\nE\n").argv,
              ElementsAre("/bin/awk", "BEGIN {}\n"));
}

}  // namespace
}  // namespace strata::builder

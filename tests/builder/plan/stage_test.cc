#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

testing::SeenFault readFault(llvm::StringRef text) {
  return testing::faultOf(readDockerfile(std::make_shared<SourceText>("Dockerfile", text.str())));
}
std::string planFault(llvm::StringRef text, llvm::StringRef target = "") {
  Planned planned(text);
  planned.options.target = target.str();
  return testing::faultOf(planned.plan()).message;
}

TEST(Stage, STAGE_1_FromTakesOneOrThreeWords) {
  for (llvm::StringRef bad : {"FROM\n", "FROM a b\n", "FROM a as\n", "FROM a AS b c\n", "FROM a IS b\n"})
    EXPECT_THAT(readFault(bad).message, HasSubstr("FROM requires either one or three arguments")) << bad.str();
  for (llvm::StringRef good : {"FROM base\n", "FROM base AS b\n", "FROM base aS b\n"})
    EXPECT_TRUE(bool(Planned(good).plan())) << good.str();
}

TEST(Stage, STAGE_2_NamesAreLowerCasedAndChecked) {
  EXPECT_EQ(Planned("FROM base AS BuiLd\n").file.stages[0].name, "build");
  EXPECT_EQ(Planned("FROM base AS a1-b_c.d\n").file.stages[0].name, "a1-b_c.d");
  for (llvm::StringRef bad : {"1st", "-a", "a+B", ".a", "ä"})
    EXPECT_THAT(readFault(("FROM base AS " + bad + "\n").str()).message, HasSubstr(bad.str()));
}

TEST(Stage, STAGE_3_TheImageIsExpandedInTheGlobalScope) {
  Planned planned("ARG WHICH=ba\nFROM ${WHICH}se\n");
  EXPECT_TRUE(bool(planned.plan()));
  EXPECT_THAT(planFault("ARG EMPTY\nFROM $EMPTY\n"), HasSubstr("base name ($EMPTY) should not be blank"));
  EXPECT_THAT(planFault("FROM base\nARG LATER=base\nFROM $LATER\n"), HasSubstr("should not be blank"));
}

TEST(Stage, STAGE_4_AStageThenScratchThenAnImage) {
  Planned shadow("FROM scratch AS base\nFROM base\nCOPY a /\n");
  shadow.mustPlan();
  EXPECT_TRUE(shadow.resolved.empty()) << "the stage, not the image of that name";
  Planned scratch("FROM base AS other\nFROM scratch\n");
  scratch.mustPlan();
  EXPECT_TRUE(scratch.resolved.empty());
  Planned named("FROM base AS scratch\nRUN a\nFROM scratch\nRUN b\n");
  EXPECT_EQ(named.mustPlan().stepCount, 3u) << "a stage may be called scratch";
  EXPECT_THAT(planFault("FROM Scratch\n"), HasSubstr("Scratch")) << "an image of that name, which cannot be";
}

TEST(Stage, STAGE_5_FromLooksForTheExactNameOthersForAnyCase) {
  EXPECT_THAT(planFault("FROM base AS Stage\nFROM Stage\n"), HasSubstr("Stage"));
  EXPECT_TRUE(bool(Planned("FROM base AS Stage\nFROM stage\n").plan()));
  EXPECT_TRUE(bool(Planned("FROM base AS Stage\nFROM base\nCOPY --from=STAGE /a /a\n").plan()));
  EXPECT_TRUE(bool(Planned("FROM base AS Stage\nFROM base\nRUN --mount=from=STAGE,target=/m x\n").plan()));
  Planned target("FROM base AS Stage\nRUN a\nFROM base\n");
  target.options.target = "STAGE";
  EXPECT_EQ(target.mustPlan().target, "stage");
}

TEST(Stage, STAGE_6_OnlyEarlierStagesMatch) {
  Planned later("FROM base AS first\nRUN a\nFROM first AS base\n");
  Plan plan = later.mustPlan();
  ASSERT_EQ(later.resolved.size(), 1u);
  EXPECT_EQ(later.resolved[0].first, "base") << "the image: the stage of that name comes later";
  Planned own("FROM base AS base\nRUN a\nFROM base\nCOPY --from=base /x /x\n");
  Plan shadowed = own.mustPlan();
  EXPECT_EQ(own.resolved.size(), 1u);
  EXPECT_TRUE(shadowed.vertices[lastOf(shadowed).inputs[0]].as<RunOp>());
}

TEST(Stage, STAGE_7_TheLaterOfTwoEqualNamesWins) {
  Plan plan =
      Planned("FROM base AS twice\nRUN first\nFROM base AS twice\nRUN second\nFROM twice\nRUN own\n").mustPlan();
  EXPECT_THAT(namesOf(plan), ElementsAre("[twice 1/2] FROM docker.io/library/base:latest", "[twice 2/2] RUN second",
                                         "[stage-2 1/1] RUN own"));
}

TEST(Stage, STAGE_8_UnreadableReferencesAreRefused) {
  EXPECT_THAT(planFault("FROM UPPER/Case\n"), HasSubstr("failed to parse stage name \"UPPER/Case\""));
  EXPECT_THAT(planFault("FROM a:b:c\n"), HasSubstr("failed to parse stage name"));
}

TEST(Stage, STAGE_9_NothingLeaksFromTheStageBefore) {
  Planned planned("FROM base AS a\nENV LEAK=1\nWORKDIR /leak\nUSER me\nLABEL l=1\nRUN a\nFROM base\nRUN b\n");
  Plan plan = planned.mustPlan();
  const layerfs::ImageConfig& config = plan.results[0].config;
  EXPECT_FALSE(config.findEnv("LEAK"));
  EXPECT_EQ(config.workingDir, "/srv");
  EXPECT_EQ(config.user, "");
  EXPECT_TRUE(config.labels.empty());
  EXPECT_EQ(plan.stepCount, 2u);
}

TEST(Stage, STAGE_9_AStageGivesAllThatItHasToOneBasedOnIt) {
  Planned planned(
      "FROM base AS a\nARG V=arg\nENV E=env\nWORKDIR /w\nUSER me\nLABEL l=1\nRUN a\n"
      "FROM a AS b\nENV E=other\nLABEL l=2\nFROM a\nWORKDIR below\nRUN echo $V\n");
  Plan plan = planned.mustPlan();
  const layerfs::ImageConfig& config = plan.results[0].config;
  EXPECT_EQ(config.findEnv("E"), "env") << "a copy: what b does to it is b's";
  EXPECT_EQ(config.labels.at("l"), "1");
  EXPECT_EQ(config.workingDir, "/w/below");
  EXPECT_EQ(config.user, "me");
  EXPECT_EQ(valueAtRun(plan, "V"), "arg");
  EXPECT_THAT(historyOf(plan), ElementsAre("ARG V=arg", "ENV E=env", "WORKDIR /w", "USER me", "LABEL l=1",
                                           "RUN |1 V=arg /bin/sh -c a # buildkit", "WORKDIR /w/below",
                                           "RUN |1 V=arg /bin/sh -c echo $V # buildkit"));
}

TEST(Stage, STAGE_10_TheTargetIsANameOrTheLastStage) {
  Planned last("FROM base AS a\nFROM base AS b\n");
  EXPECT_EQ(last.mustPlan().target, "b");
  Planned named("FROM base AS a\nRUN x\nFROM base AS b\n");
  named.options.target = "A";
  EXPECT_EQ(named.mustPlan().target, "a");
  Planned twice("FROM base AS a\nRUN first\nFROM base AS a\nRUN second\nFROM base\n");
  twice.options.target = "a";
  EXPECT_EQ(namesOf(twice.mustPlan()).back(), "[a 2/2] RUN second");
  EXPECT_THAT(planFault("FROM base AS a\nFROM base\n", "0"), HasSubstr("target stage \"0\" could not be found"));
  EXPECT_THAT(planFault("FROM base AS build\nFROM base\n", "biuld"), HasSubstr("did you mean build?"));
}

TEST(Stage, STAGE_11_OnlyWhatTheTargetNeedsIsPlanned) {
  Planned dead("FROM nowhere AS dead\nRUN a\nFROM base AS live\nRUN b\n");
  EXPECT_THAT(namesOf(dead.mustPlan()),
              ElementsAre("[live 1/2] FROM docker.io/library/base:latest", "[live 2/2] RUN b"));
  Planned needed(
      "FROM base AS parent\nFROM base AS copied\nRUN c\nFROM base AS mounted\nRUN m\nFROM base AS dead\nRUN d\n"
      "FROM parent\nCOPY --from=copied /a /a\nRUN --mount=from=mounted,target=/m x\n");
  std::vector<std::string> names = namesOf(needed.mustPlan());
  EXPECT_THAT(names, IsSupersetOf({"[copied 2/2] RUN c", "[mounted 2/2] RUN m"}));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains(HasSubstr("dead"))));
}

TEST(Stage, STAGE_12_ALaterStageOrItselfCannotBeCopiedFrom) {
  EXPECT_THAT(planFault("FROM base AS a\nCOPY --from=b /x /x\nFROM base AS b\nFROM a\n"),
              HasSubstr("cannot copy from stage \"b\", it needs to be defined before current stage \"a\""));
  EXPECT_THAT(planFault("FROM base AS a\nCOPY --from=a /x /x\n"), HasSubstr("cannot copy from stage"));
  EXPECT_THAT(planFault("FROM base AS a\nRUN --mount=from=b,target=/m x\nFROM base AS b\nFROM a\n"),
              HasSubstr("cannot mount from stage \"b\""));
}

TEST(Stage, STAGE_13_ACircleOfStagesIsAnError) {
  EXPECT_THAT(planFault("FROM base AS a\nCOPY --from=b /x /x\nFROM base AS b\nCOPY --from=a /x /x\n"),
              HasSubstr("circular dependency detected on stage"));
}

TEST(Stage, STAGE_14_ANumberIsAStageForCopyAlone) {
  Plan plan = Planned("FROM base\nRUN a\nFROM base\nCOPY --from=0 /x /x\n").mustPlan();
  ASSERT_EQ(lastOf(plan).inputs.size(), 2u);
  EXPECT_TRUE(plan.vertices[lastOf(plan).inputs[1]].as<RunOp>());
  EXPECT_THAT(planFault("FROM base\nFROM base\nCOPY --from=2 /x /x\n"), HasSubstr("invalid stage index 2"));
  Planned mount("FROM base\nRUN a\nFROM base\nRUN --mount=from=0,target=/m x\n");
  mount.images["0"] = mount.base;
  EXPECT_TRUE(bool(mount.plan()));
  EXPECT_EQ(mount.resolved.back().first, "0") << "the name of an image";
}

TEST(Stage, STAGE_15_CopyFromTakesAStageThenAnImageAndNothingIsTheContext) {
  Planned stage("FROM base AS tool\nRUN t\nFROM base\nCOPY --from=tool /a /a\n");
  stage.mustPlan();
  EXPECT_EQ(stage.resolved.size(), 2u);
  Planned image("FROM base\nCOPY --from=tool /a /a\n");
  image.images["tool"] = image.base;
  Plan plan = image.mustPlan();
  EXPECT_TRUE(plan.vertices[lastOf(plan).inputs[1]].as<ImageOp>());
  Plan context = Planned("FROM base\nCOPY --from= /a /a\n").mustPlan();
  EXPECT_TRUE(lastOf(context).as<CopyOp>()->contextFiles);
}

TEST(Stage, STAGE_17_AMissingBaseIsNamedAsWrittenWithANearName) {
  EXPECT_THAT(planFault("FROM base AS build\nFROM biuld\n"), HasSubstr("biuld: no such image"));
  EXPECT_THAT(planFault("FROM base AS build\nFROM biuld\n"), HasSubstr("did you mean build?"));
  EXPECT_THAT(planFault("FROM ubunut\n"), HasSubstr("did you mean ubuntu?"));
  EXPECT_THAT(planFault("FROM alpnie\n"), HasSubstr("did you mean alpine?"));
  EXPECT_THAT(planFault("FROM base\nCOPY --from=busybx /a /a\n"), HasSubstr("did you mean busybox?"));
}

TEST(Stage, STAGE_22_ABareFromIsTheBaseAgain) {
  Planned planned("FROM base\n");
  planned.base.cmd = {"serve"};
  planned.base.labels = {{"a", "b"}};
  Plan plan = planned.mustPlan();
  EXPECT_TRUE(lastOf(plan).as<ImageOp>()) << "no layer of its own";
  EXPECT_TRUE(plan.results[0].history.empty());
  EXPECT_EQ(plan.results[0].config, planned.base);
}

TEST(Stage, STAGE_23_IndependentStagesWaitForNothingOfEachOther) {
  Plan plan = Planned(
                  "FROM base AS a\nRUN a\nFROM base AS b\nRUN b\nFROM scratch\nCOPY --from=a / /a\n"
                  "COPY --from=b / /b\n")
                  .mustPlan();
  for (const Vertex& vertex : plan.vertices) {
    if (vertex.stage != "a" && vertex.stage != "b") continue;
    for (VertexId input : vertex.inputs) EXPECT_EQ(plan.vertices[input].stage, vertex.stage);
  }
}

}  // namespace
}  // namespace strata::builder

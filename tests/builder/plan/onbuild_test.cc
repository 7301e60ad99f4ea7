#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Planned triggered(llvm::StringRef text, std::vector<std::string> triggers) {
  Planned planned(text);
  planned.base.onBuild = std::move(triggers);
  return planned;
}

TEST(Onbuild, ONB_1_TheInnerTextIsStoredAndDoesNothing) {
  Plan plan = Planned("FROM base\nONBUILD RUN echo $X\nONBUILD COPY <<EOF /f\nbody\nEOF\n").mustPlan();
  EXPECT_THAT(plan.results[0].config.onBuild, ElementsAre("RUN echo $X", "COPY <<EOF /f\nbody\nEOF"));
  EXPECT_TRUE(plan.results[0].history.empty());
  EXPECT_EQ(plan.stepCount, 1u);
  EXPECT_THAT(readMessage("FROM base\nONBUILD\n"), HasSubstr("ONBUILD requires at least one argument"));
}

TEST(Onbuild, ONB_2_SomeInstructionsCannotBeTriggers) {
  EXPECT_THAT(readMessage("FROM base\nONBUILD ONBUILD RUN x\n"), HasSubstr("ONBUILD"));
  EXPECT_THAT(readMessage("FROM base\nONBUILD FROM x\n"), HasSubstr("FROM isn't allowed as an ONBUILD trigger"));
  EXPECT_THAT(readMessage("FROM base\nONBUILD MAINTAINER x\n"),
              HasSubstr("MAINTAINER isn't allowed as an ONBUILD trigger"));
}

TEST(Onbuild, ONB_3_WrongTriggersAreFoundWhereTheyRun) {
  EXPECT_TRUE(bool(Planned("FROM base\nONBUILD COPY --nosuch=1 a b\nONBUILD EXPOSE nonsense\n").plan()));
  Planned consumer = triggered("# a comment\nFROM base\nRUN x\n", {"COPY --nosuch=1 a b"});
  EXPECT_FAULT_SAYING(consumer.plan(), FaultKind::Invalid, "nosuch");
  EXPECT_FAULT_SAYING(consumer.plan(), FaultKind::Invalid, "Dockerfile:2");
  Planned expose = triggered("FROM base\n", {"EXPOSE nonsense"});
  EXPECT_FAULT_SAYING(expose.plan(), FaultKind::Invalid, "Dockerfile:1");
}

TEST(Onbuild, ONB_4_TriggersOfAnImageRunFirstInTheirOrder) {
  Planned planned = triggered("ARG G=global\nFROM plain AS tool\nFROM base\nARG OWN=1\nRUN own\n",
                              {"ARG G", "ENV T=1", "RUN trigger $T $G", "COPY --from=tool /a /a", "COPY f /f"});
  planned.images["plain"] = planned.base;
  planned.images["plain"].onBuild.clear();
  planned.options.buildArgs["G"] = "given";
  Plan plan = planned.mustPlan();
  std::vector<std::string> names;
  for (const std::string& name : namesOf(plan))
    if (llvm::StringRef(name).starts_with("[stage-1")) names.push_back(name);
  EXPECT_THAT(names,
              ElementsAre("[stage-1 1/5] FROM docker.io/library/base:latest",
                          "[stage-1 2/5] ONBUILD RUN trigger 1 given", "[stage-1 3/5] ONBUILD COPY --from=tool /a /a",
                          "[stage-1 4/5] ONBUILD COPY f /f", "[stage-1 5/5] RUN own"));
  EXPECT_TRUE(plan.results[0].config.onBuild.empty());
}

TEST(Onbuild, ONB_5_ONB_6_TriggersOfAStageRunInItsChildAndNeverAgain) {
  EXPECT_THAT(
      namesOf(Planned("FROM base AS a\nONBUILD RUN t\nFROM a AS b\nFROM b\nRUN own\n").mustPlan()),
      ElementsAre("[a 1/1] FROM docker.io/library/base:latest", "[b 1/1] ONBUILD RUN t", "[stage-2 1/1] RUN own"));
  EXPECT_TRUE(configOf("FROM base AS a\nONBUILD RUN t\nFROM a AS b\nFROM b\n").onBuild.empty());
  Planned image = triggered("FROM base AS mid\nFROM mid\nRUN own\n", {"RUN t"});
  EXPECT_THAT(namesOf(image.mustPlan()), ElementsAre("[mid 1/2] FROM docker.io/library/base:latest",
                                                     "[mid 2/2] ONBUILD RUN t", "[stage-1 1/1] RUN own"));
}

TEST(Onbuild, ONB_7_TriggersEscapeWithABackslashAndAreOneInstruction) {
  Planned planned = triggered("# escape=`\nFROM base\n", {"RUN a \\\n b", "ENV V=\\$x"});
  Plan plan = planned.mustPlan();
  EXPECT_EQ(lastOf(plan).as<RunOp>()->argv[2], "a  b");
  EXPECT_EQ(plan.results[0].config.findEnv("V"), "$x");
  EXPECT_FAULT_SAYING(triggered("FROM base\n", {"RUN a\nRUN b"}).plan(), FaultKind::Invalid, "ONBUILD");
}

TEST(Onbuild, ONB_8_TriggersMayBringInStagesAndImagesWithTriggersOfTheirOwn) {
  Planned planned("FROM second AS tool\nRUN make\nFROM base\nRUN own\n");
  planned.base.onBuild = {"COPY --from=tool /a /a", "RUN --mount=from=picture,target=/m x"};
  planned.images["second"] = planned.base;
  planned.images["second"].onBuild = {"COPY --from=third /b /b"};
  planned.images["third"] = planned.images["picture"] = planned.base;
  Plan plan = planned.mustPlan();
  EXPECT_THAT(namesOf(plan), ::testing::Contains("[tool 3/3] RUN make")) << "reached by a trigger alone";
  EXPECT_THAT(namesOf(plan), ::testing::Contains("[tool 2/3] ONBUILD COPY --from=third /b /b"));
  std::vector<std::string> images;
  for (const auto& [name, platform] : planned.resolved) images.push_back(name);
  EXPECT_THAT(images, ::testing::UnorderedElementsAre("base", "second", "third", "picture"));
}

TEST(Onbuild, ONB_9_TriggersSeeTheConsumersVariablesAndLeaveTheirsToIt) {
  Planned planned = triggered("FROM base\nENV SAW=$T-$A\nRUN x\n", {"ARG A=arg", "ENV T=$FROM_BASE", "WORKDIR sub"});
  Plan plan = planned.mustPlan();
  EXPECT_EQ(plan.results[0].config.findEnv("SAW"), "1-arg");
  EXPECT_EQ(lastOf(plan).as<RunOp>()->workdir, "/srv/sub");
  EXPECT_EQ(valueAtRun(plan, "A"), "arg");
}

TEST(Onbuild, ONB_11_TriggeredStepsAreCountedAndNamed) {
  EXPECT_THAT(namesOf(triggered("FROM base\nRUN own\n", {"RUN t", "ENV A=1"}).mustPlan()),
              ElementsAre("[1/3] FROM docker.io/library/base:latest", "[2/3] ONBUILD RUN t", "[3/3] RUN own"));
}

}  // namespace
}  // namespace strata::builder

#include "builder/plan/merge_plans.h"
#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using layerfs::Platform;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::must;

/// This machine's platform, and one that it is not.
const std::string kHost = layerfs::hostPlatform().str();
const std::string kOther = kHost == "linux/arm64" ? "linux/amd64" : "linux/arm64";
const std::string kOtherArch = kOther.substr(6);

Planned crossing(llvm::StringRef text, std::vector<std::string> platforms) {
  Planned planned(text);
  planned.addImage("multi", {kHost, kOther, "linux/arm/v7"});
  for (const std::string& platform : platforms) planned.platforms({platform});
  return planned;
}
std::string variable(const Plan& plan, llvm::StringRef name, size_t result = 0) {
  return valueAtRun(plan, name, result).value_or("(none)");
}

TEST(StagePlatform, PLAT_4_TheDefaultIsTheBuildersOwnPlatform) {
  Planned planned = crossing("FROM multi\nARG TARGETPLATFORM\nARG BUILDPLATFORM\nRUN x\n", {});
  Plan plan = planned.mustPlan();
  EXPECT_EQ(planned.resolved[0].second, kHost);
  EXPECT_EQ(variable(plan, "TARGETPLATFORM"), kHost);
  Plan other = crossing("FROM multi\nARG BUILDPLATFORM\nRUN x\n", {kOther}).mustPlan();
  EXPECT_EQ(variable(other, "BUILDPLATFORM"), kHost) << "whatever the target";
}

TEST(StagePlatform, PLAT_5_TheDockerfileIsReadOnceForEachPlatform) {
  Planned planned = crossing(
      "FROM multi AS build-amd64\nFROM multi AS build-arm64\nFROM build-$TARGETARCH\n"
      "ARG TARGETARCH\nRUN make $TARGETARCH\n",
      {"linux/amd64", "linux/arm64"});
  Plan plan = planned.mustPlan();
  ASSERT_EQ(plan.results.size(), 2u);
  EXPECT_EQ(variable(plan, "TARGETARCH", 0), "amd64");
  EXPECT_EQ(variable(plan, "TARGETARCH", 1), "arm64");
  EXPECT_EQ(plan.results[0].config.platform.str(), "linux/amd64");
  EXPECT_EQ(plan.results[1].config.platform.str(), "linux/arm64");
  EXPECT_THAT(namesOf(plan), ElementsAre("[linux/amd64 build-amd64 1/1] FROM docker.io/library/multi:latest",
                                         "[linux/amd64 stage-2 1/1] RUN make amd64",
                                         "[linux/arm64 build-arm64 1/1] FROM docker.io/library/multi:latest",
                                         "[linux/arm64 stage-2 1/1] RUN make arm64"));
}

TEST(StagePlatform, PLAT_5_WhatDependsOnNoPlatformIsBuiltOnce) {
  Planned planned = crossing(
      "FROM --platform=$BUILDPLATFORM multi AS tools\nCOPY tool /tool\nRUN make-tool\n"
      "FROM --platform=$BUILDPLATFORM tools AS cross\nARG TARGETARCH\nRUN cross $TARGETARCH\n"
      "FROM multi\nCOPY --from=cross /out /out\n",
      {kHost, kOther});
  Plan plan = planned.mustPlan();
  size_t contexts = 0, tools = 0, crossRuns = 0, copies = 0;
  for (const Vertex& vertex : plan.vertices) {
    contexts += vertex.as<ContextFilesOp>() != nullptr;
    tools += vertex.stage == "tools";
    crossRuns += vertex.stage == "cross";
    copies += vertex.instruction == "copy" && vertex.stage == "stage-2";
    for (VertexId input : vertex.inputs) EXPECT_LT(input, vertex.id);
  }
  EXPECT_EQ(contexts, 1u);
  EXPECT_EQ(tools, 3u) << "FROM, COPY and RUN, each once";
  EXPECT_EQ(crossRuns, 2u) << "its environment differs";
  EXPECT_EQ(copies, 2u);
  EXPECT_EQ(plan.stepCount, namesOf(plan).size());
  EXPECT_THAT(namesOf(plan), ::testing::Contains(HasSubstr("[" + kHost + "->" + kOtherArch + " cross 1/1] RUN cross")));
}

TEST(MergePlans, PLAT_5_EqualStepsOfOnePlanStayTwo) {
  Planned planned = crossing(
      "FROM multi AS a\nRUN x\nFROM multi AS b\nRUN x\nFROM scratch\nCOPY --from=a / /\n"
      "COPY --from=b / /\n",
      {kHost, kHost});
  EXPECT_EQ(planned.mustPlan().stepCount, 6u);
}

TEST(StagePlatform, PLAT_6_ResultsKeepTheOrderThatWasAskedFor) {
  Plan plan = crossing("FROM multi\n", {"linux/arm/v7", kOther, kHost}).mustPlan();
  ASSERT_EQ(plan.results.size(), 3u);
  EXPECT_EQ(plan.results[0].platform.str(), "linux/arm/v7");
  EXPECT_EQ(plan.results[1].platform.str(), kOther);
  EXPECT_EQ(plan.results[2].platform.str(), kHost);
  EXPECT_TRUE(plan.asIndex);
  Plan twice = crossing("FROM multi\n", {kHost, kHost}).mustPlan();
  EXPECT_EQ(twice.results.size(), 1u) << "a platform that is listed twice";
}

TEST(StagePlatform, PLAT_6_BARG_1_BARG_2_ABuildArgForcesOrForbidsTheIndex) {
  Planned one = crossing("FROM multi\n", {kHost});
  EXPECT_FALSE(one.mustPlan().asIndex);
  one.options.buildArgs["BUILDKIT_MULTI_PLATFORM"] = "1";
  EXPECT_TRUE(one.mustPlan().asIndex) << "without a declaration";
  Planned several = crossing("FROM multi\n", {kHost, kOther});
  several.options.buildArgs["BUILDKIT_MULTI_PLATFORM"] = "0";
  EXPECT_FAULT_SAYING(several.plan(), FaultKind::Invalid, "BUILDKIT_MULTI_PLATFORM=0");
  several.options.buildArgs["BUILDKIT_MULTI_PLATFORM"] = "perhaps";
  EXPECT_FAULT_SAYING(several.plan(), FaultKind::Invalid, "invalid boolean value");
}

TEST(StagePlatform, PLAT_8_WithoutARequestTheImagesPlatformIsTakenWhereItRuns) {
  Planned planned("FROM foreign\nRUN x\n");
  planned.images["foreign"] = planned.base;
  planned.images["foreign"].platform = must(layerfs::parsePlatform("linux/riscv64"));
  planned.options.runnable.push_back(must(layerfs::parsePlatform("linux/riscv64")));
  Plan plan = planned.mustPlan();
  EXPECT_EQ(lastOf(plan).as<RunOp>()->given->platform.str(), "linux/riscv64");
  EXPECT_EQ(plan.results[0].config.platform.str(), "linux/riscv64");
}

TEST(StagePlatform, PLAT_9_AWindowsImageKeepsItsVersion) {
  Planned planned("FROM win\n");
  planned.images["win"] = planned.base;
  planned.images["win"].platform = {.os = "windows", .architecture = "amd64", .osVersion = "10.0.20348.1"};
  planned.platforms({"windows/amd64"});
  EXPECT_EQ(planned.config().platform.osVersion, "10.0.20348.1");
  planned.options.platforms = {must(layerfs::parsePlatform("windows(10.0.17763.5)/amd64"))};
  EXPECT_EQ(planned.config().platform.osVersion, "10.0.17763.5");
}

TEST(StagePlatform, STAGE_18_FromPlatformIsExpandedInTheGlobalScope) {
  Planned planned = crossing("ARG WHERE=" + kOther + "\nFROM --platform=$WHERE multi\nRUN x\n", {});
  Plan plan = planned.mustPlan();
  EXPECT_EQ(planned.resolved[0].second, kOther);
  EXPECT_EQ(lastOf(plan).as<RunOp>()->given->platform.str(), kOther);
}

TEST(StagePlatform, STAGE_18_EmptyAndUnreadablePlatformsAreErrors) {
  Planned empty = crossing("FROM --platform=$BUILDPLATFROM multi\n", {});
  EXPECT_FAULT_SAYING(empty.plan(), FaultKind::Invalid, "empty platform value from expression $BUILDPLATFROM");
  EXPECT_FAULT_SAYING(empty.plan(), FaultKind::Invalid, "did you mean BUILDPLATFORM?");
  Planned braces = crossing("FROM --platform=${TARGETPLATFROM} multi\n", {});
  EXPECT_FAULT_SAYING(braces.plan(), FaultKind::Invalid, "did you mean TARGETPLATFORM?");
  Planned wrong = crossing("FROM --platform=a/b/c/d multi\n", {});
  EXPECT_FAULT_SAYING(wrong.plan(), FaultKind::Invalid, "failed to parse platform a/b/c/d");
}

TEST(StagePlatform, STAGE_18_WithoutTheFlagTheTargetAppliesAndAStageGivesItsOwn) {
  Planned planned = crossing("FROM --platform=linux/arm/v7 multi AS a\nFROM a AS b\nRUN x\n", {kOther});
  EXPECT_EQ(lastOf(planned.mustPlan()).as<RunOp>()->given->platform.str(), "linux/arm/v7");
  Planned plain = crossing("FROM multi\nRUN x\n", {kOther});
  EXPECT_EQ(lastOf(plain.mustPlan()).as<RunOp>()->given->platform.str(), kOther);
}

TEST(StagePlatform, STAGE_19_ABuildStageRunsHereAndKnowsTheTarget) {
  Planned planned =
      crossing("FROM --platform=$BUILDPLATFORM multi\nARG TARGETPLATFORM\nARG TARGETARCH\nRUN x\n", {kOther});
  Plan plan = planned.mustPlan();
  EXPECT_EQ(lastOf(plan).as<RunOp>()->given->platform.str(), kHost);
  EXPECT_EQ(variable(plan, "TARGETPLATFORM"), kOther);
  EXPECT_EQ(variable(plan, "TARGETARCH"), kOtherArch);
}

TEST(StagePlatform, STAGE_20_CFG_7_TheImageIsOfThePlatformThatWasAskedFor) {
  Planned asked = crossing("FROM --platform=$BUILDPLATFORM multi\n", {kOther});
  EXPECT_EQ(asked.config().platform.str(), kOther);
  Planned unasked = crossing("FROM --platform=" + kOther + " multi\n", {});
  EXPECT_EQ(unasked.config().platform.str(), kOther) << "those of the base image";
}

TEST(StagePlatform, CFG_7_VariantAndVersionAreKeptWithTheArchitecture) {
  auto resultOf = [](Platform base, llvm::StringRef wanted) {
    Planned planned("FROM foreign\n");
    planned.images["foreign"] = planned.base;
    planned.images["foreign"].platform = std::move(base);
    planned.platforms({wanted});
    return planned.config().platform;
  };
  Platform old{.os = "linux", .architecture = "amd64", .variant = "v2", .osVersion = "5"};
  EXPECT_EQ(resultOf(old, "linux/amd64").variant, "v2") << "none was asked for";
  EXPECT_EQ(resultOf(old, "linux/amd64").osVersion, "5");
  EXPECT_EQ(resultOf(old, "linux/amd64/v3").variant, "v3");
  EXPECT_EQ(resultOf(old, "linux/riscv64").variant, "") << "another architecture";
  EXPECT_EQ(resultOf(old, "linux/riscv64").osVersion, "");
  EXPECT_EQ(resultOf({.os = "linux", .architecture = "aarch64", .variant = "v8"}, "linux/arm64").str(), "linux/arm64");
}

TEST(StagePlatform, STAGE_21_ABaseOfAnotherPlatformIsBuiltOn) {
  Planned planned("FROM foreign\nRUN x\n");
  planned.images["foreign"] = planned.base;
  planned.platforms({kOther});
  Plan plan = planned.mustPlan();
  EXPECT_EQ(plan.results[0].config.platform.str(), kOther);
  EXPECT_EQ(lastOf(plan).as<RunOp>()->given->platform.str(), kHost) << "that is what the base's programs are made for";
}

TEST(StagePlatform, STAGE_15_CopyFromAnImageTakesTheTargetsPlatform) {
  Planned planned = crossing("FROM --platform=$BUILDPLATFORM multi\nCOPY --from=multi /a /a\n", {kOther});
  planned.mustPlan();
  ASSERT_EQ(planned.resolved.size(), 2u);
  EXPECT_EQ(planned.resolved[0].second, kHost);
  EXPECT_EQ(planned.resolved[1].second, kOther);
}

TEST(StagePlatform, CFG_1_ScratchIsOfTheTargetsPlatform) {
  EXPECT_EQ(crossing("FROM scratch\n", {"linux/arm/v7"}).config().platform.str(), "linux/arm/v7");
}

TEST(StagePlatform, ARG_16_AutomaticArgumentsDescribeBothSides) {
  Planned planned = crossing(
      "FROM multi\nARG TARGETPLATFORM\nARG TARGETOS\nARG TARGETARCH\nARG TARGETVARIANT\n"
      "ARG TARGETOSVERSION\nARG BUILDPLATFORM\nARG BUILDOS\nARG BUILDARCH\nARG BUILDVARIANT\n"
      "ARG BUILDOSVERSION\nARG TARGETSTAGE\nRUN x\n",
      {"linux/arm/v7"});
  Plan plan = planned.mustPlan();
  EXPECT_EQ(variable(plan, "TARGETPLATFORM"), "linux/arm/v7");
  EXPECT_EQ(variable(plan, "TARGETOS"), "linux");
  EXPECT_EQ(variable(plan, "TARGETARCH"), "arm");
  EXPECT_EQ(variable(plan, "TARGETVARIANT"), "v7");
  EXPECT_EQ(variable(plan, "TARGETOSVERSION"), "");
  EXPECT_EQ(variable(plan, "BUILDPLATFORM"), kHost);
  EXPECT_EQ(variable(plan, "BUILDOS"), "linux");
  EXPECT_EQ(variable(plan, "BUILDARCH"), layerfs::hostPlatform().architecture);
  EXPECT_EQ(variable(plan, "BUILDVARIANT"), layerfs::hostPlatform().variant);
  EXPECT_EQ(variable(plan, "BUILDOSVERSION"), "");
  EXPECT_EQ(variable(plan, "TARGETSTAGE"), "default");
}

TEST(StagePlatform, ARG_16_ABuildArgOverridesThatOneAlone) {
  Planned planned = crossing("FROM multi\nARG TARGETOS\nARG TARGETPLATFORM\nRUN x\n", {kOther});
  planned.options.buildArgs["TARGETOS"] = "freebsd";
  Plan plan = planned.mustPlan();
  EXPECT_EQ(variable(plan, "TARGETOS"), "freebsd");
  EXPECT_EQ(variable(plan, "TARGETPLATFORM"), kOther);
  Planned inFrom("FROM base-$TARGETOS\n");
  inFrom.images["base-freebsd"] = inFrom.base;
  inFrom.options.buildArgs["TARGETOS"] = "freebsd";
  EXPECT_TRUE(bool(inFrom.plan())) << "also in FROM";
}

TEST(StagePlatform, ARG_17_TheTargetStageIsAnArgument) {
  auto stageOf = [](llvm::StringRef text, llvm::StringRef target = "") {
    Planned planned((text + "ARG TARGETSTAGE\nRUN x\n").str());
    planned.options.target = target.str();
    return variable(planned.mustPlan(), "TARGETSTAGE");
  };
  EXPECT_EQ(stageOf("FROM base AS one\n"), "one");
  EXPECT_EQ(stageOf("FROM base\n"), "default");
  Planned planned("FROM base AS one\nARG TARGETSTAGE\nRUN x\nFROM base AS two\n");
  planned.options.target = "one";
  EXPECT_EQ(variable(planned.mustPlan(), "TARGETSTAGE"), "one");
}

TEST(StagePlatform, ARG_18_AVariantThatIsNoneIsEmpty) {
  auto suffix = [](llvm::StringRef platform) {
    Planned planned("FROM base\nARG TARGETVARIANT\nENV S=x${TARGETVARIANT:+-$TARGETVARIANT}\n");
    planned.platforms({platform});
    return planned.config().findEnv("S").value_or("").str();
  };
  EXPECT_EQ(suffix("linux/amd64"), "x");
  EXPECT_EQ(suffix("linux/arm/v7"), "x-v7");
}

TEST(StagePlatform, PROG_1_ThePlatformIsNamedInBuildsForSeveral) {
  Plan several = crossing("FROM multi\nRUN a\nARG TARGETARCH\nRUN b\n", {kHost, kOther}).mustPlan();
  EXPECT_EQ(namesOf(several)[0], "[" + kHost + " 1/3] FROM docker.io/library/multi:latest");
  EXPECT_EQ(namesOf(several)[1], "[" + kHost + " 2/3] RUN a");
  EXPECT_EQ(namesOf(several)[5], "[" + kOther + " 3/3] RUN b");
  Plan crossed =
      crossing("FROM --platform=$BUILDPLATFORM multi\nRUN a\nARG TARGETARCH\nRUN b\n", {kOther, "linux/arm/v7"})
          .mustPlan();
  EXPECT_THAT(namesOf(crossed), ::testing::Contains("[" + kHost + "->" + kOtherArch + " 3/3] RUN b"));
  EXPECT_THAT(namesOf(crossed), ::testing::Contains("[" + kHost + " 2/3] RUN a"));
  Plan one = crossing("FROM multi\n", {kOther}).mustPlan();
  EXPECT_EQ(namesOf(one)[0], "[1/1] FROM docker.io/library/multi:latest");
}

}  // namespace
}  // namespace strata::builder

#include "builder/plan/planner.h"
#include "support/text.h"
#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using testing::must;

using ::testing::ElementsAre;

TEST(MakePlan, PROG_1_StagesAreNamedWhereThereAreSeveral) {
  EXPECT_THAT(namesOf(must(Planned("FROM base AS build\nRUN a\nFROM base\nCOPY --from=build x y\n").plan())),
              ElementsAre("[build 1/2] FROM docker.io/library/base:latest", "[build 2/2] RUN a",
                          "[stage-1 1/2] FROM docker.io/library/base:latest", "[stage-1 2/2] COPY --from=build x y"));
}
TEST(MakePlan, PROG_2_WhatMakesFilesCountsAndNumbersAlign) {
  std::string text = "FROM scratch\nENV A=1\nWORKDIR /w\nADD a b\nLABEL x=y\n";
  for (int i = 0; i < 9; ++i) text += "RUN x\n";
  std::vector<std::string> names = namesOf(must(Planned(text).plan()));
  ASSERT_EQ(names.size(), 11u);
  EXPECT_EQ(names[0], "[ 1/11] WORKDIR /w");
  EXPECT_EQ(names[1], "[ 2/11] ADD a b");
  EXPECT_EQ(names[10], "[11/11] RUN x");
}
TEST(MakePlan, PROG_2_TriggersCount) {
  Planned planned("FROM base\nRUN own\n");
  planned.base.onBuild = {"RUN theirs", "ENV A=1"};
  EXPECT_THAT(namesOf(must(planned.plan())),
              ElementsAre("[1/3] FROM docker.io/library/base:latest", "[2/3] ONBUILD RUN theirs", "[3/3] RUN own"));
}
TEST(MakePlan, PROG_3_TheTextAsWrittenButForSetVariables) {
  EXPECT_THAT(namesOf(must(Planned("FROM scratch\nARG A=1\nrun   echo $A ${A} $B \"$A\"\n").plan())),
              ElementsAre("[1/1] RUN   echo 1 1 $B \"1\""));
}
TEST(MakePlan, PROG_3_AHereDocumentShowsItsFirstLine) {
  EXPECT_THAT(
      namesOf(must(Planned("FROM scratch\nARG A=1\nRUN <<EOF\necho $A\nmore\nEOF\nRUN <<-EOF\n\tone\nEOF\n"
                           "RUN <<EOF cat\nx\nEOF\nCOPY <<F /f\nx\nF\n")
                       .plan())),
      ElementsAre("[1/4] RUN <<EOF (echo 1...)", "[2/4] RUN <<-EOF (one)", "[3/4] RUN <<EOF cat", "[4/4] COPY <<F /f"));
}
TEST(MakePlan, PROG_1_PROG_2_StepsAreCountedWithTheFromOfAnImage) {
  Planned planned("FROM base\nENV A=1\nRUN echo $A\nCOPY x y\n");
  EXPECT_THAT(namesOf(must(planned.plan())),
              ElementsAre("[1/3] FROM docker.io/library/base:latest", "[2/3] RUN echo 1", "[3/3] COPY x y"));
}

TEST(MakePlan, VAR_4_OneInstructionSeesWhatWasBefore) {
  Planned planned("FROM base\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc\n");
  Plan plan = must(planned.plan());
  EXPECT_EQ(plan.results[0].config.findEnv("def"), "hello");
  EXPECT_EQ(plan.results[0].config.findEnv("ghi"), "bye");
}

TEST(MakePlan, HDOC_15_ASoleHeredocIsTheCommand) {
  Planned planned("FROM base\nRUN <<EOF\necho a\nEOF\n");
  Plan plan = must(planned.plan());
  EXPECT_THAT(plan.vertices[*plan.results[0].files].as<RunOp>()->argv, ElementsAre("/bin/sh", "-c", "echo a\n"));
}

TEST(MakePlan, HDOC_16_AShebangMakesAScript) {
  Planned planned("FROM base\nRUN <<EOF\n#!/bin/awk -f\nBEGIN {}\nEOF\n");
  Plan plan = must(planned.plan());
  const auto* run = plan.vertices[*plan.results[0].files].as<RunOp>();
  EXPECT_EQ(run->scriptName, "EOF");
  EXPECT_EQ(run->script, "#!/bin/awk -f\nBEGIN {}\n");
  EXPECT_THAT(run->argv, ElementsAre("/bin/sh", "-c", "/dev/pipes/EOF"));
}

TEST(MakePlan, HDOC_17_ACompositeGoesToTheShellWithItsBodies) {
  Planned planned("FROM base\nRUN cat <<A > f; cat <<B > g\na\nA\nb\nB\n");
  Plan plan = must(planned.plan());
  EXPECT_EQ(plan.vertices[*plan.results[0].files].as<RunOp>()->argv[2], "cat <<A > f; cat <<B > g\na\nA\nb\nB");
}

TEST(MakePlan, COPY_49_TheOrderOfExcludesIsPartOfTheKey) {
  auto excludesOf = [](llvm::StringRef flags) {
    Planned planned(("FROM base AS s\nFROM base\nCOPY --from=s " + flags + " d /\n").str());
    Plan plan = must(planned.plan());
    std::vector<std::string> excludes;
    for (const KeyComponent& component : componentsOf(plan.vertices[*plan.results[0].files], "Dockerfile"))
      if (llvm::StringRef(component.name).starts_with("exclude"))
        excludes.push_back(component.name + "=" + component.value);
    return excludes;
  };
  EXPECT_THAT(excludesOf("--exclude=* --exclude=!a"), ::testing::ElementsAre("exclude=*", "exclude 2=!a"));
  EXPECT_THAT(excludesOf("--exclude=!a --exclude=*"), ::testing::ElementsAre("exclude=!a", "exclude 2=*"));
}

TEST(MakePlan, COPY_2_AnEmptyDestinationIsTheWorkdir) {
  Planned planned("FROM base\nCOPY a $empty\n");
  Plan plan = must(planned.plan());
  const auto* copy = plan.vertices[*plan.results[0].files].as<CopyOp>();
  EXPECT_EQ(copy->destination, "/srv");
  EXPECT_TRUE(copy->destinationIsDirectory);
}

TEST(MakePlan, SDE_1_BuildArgBeatsTheDockerfilesDefault) {
  Planned planned("ARG SOURCE_DATE_EPOCH=5\nFROM base\n");
  EXPECT_EQ(must(planned.plan()).sourceDateEpoch, 5);
  planned.options.buildArgs["SOURCE_DATE_EPOCH"] = "7";
  EXPECT_EQ(must(planned.plan()).sourceDateEpoch, 7);
}

TEST(Words, GoDurationsAreWrittenAsGoWritesThem) {
  EXPECT_EQ(goDuration(5'000'000'000), "5s");
  EXPECT_EQ(goDuration(90'000'000'000), "1m30s");
  EXPECT_EQ(goDuration(3'600'000'000'000), "1h0m0s");
  EXPECT_EQ(goDuration(1'500'000), "1.5ms");
  EXPECT_EQ(goDuration(0), "0s");
}

TEST(Words, EXPOSE_1_to_3_PortsAreReadAndChecked) {
  EXPECT_THAT(must(parsePorts("80")), ElementsAre("80/tcp"));
  EXPECT_THAT(must(parsePorts("8000-8002/UDP")), ElementsAre("8000/udp", "8001/udp", "8002/udp"));
  EXPECT_THAT(must(parsePorts("127.0.0.1:90:80")), ElementsAre("80/tcp"));
  EXPECT_THAT(must(parsePorts("90:80")), ElementsAre("80/tcp"));
  EXPECT_THAT(must(parsePorts("[::1]:90:80")), ElementsAre("80/tcp"));
  EXPECT_FAULT(parsePorts("90-80"), FaultKind::Invalid);
  EXPECT_FAULT(parsePorts("70000"), FaultKind::Invalid);
  EXPECT_FAULT(parsePorts("80/xyz"), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(parsePorts("90:"), FaultKind::Invalid, "no port specified");
}

TEST(Words, STOP_1_SignalsByNameAndNumber) {
  for (llvm::StringRef good : {"9", "KILL", "SIGKILL", "sigterm", "SIGRTMIN+3", "RTMAX-2"})
    EXPECT_TRUE(isSignal(good)) << good.str();
  for (llvm::StringRef bad : {"0", "-1", "SIGNOPE", "", "RTMIN+99"}) EXPECT_FALSE(isSignal(bad)) << bad.str();
}

}  // namespace
}  // namespace strata::builder

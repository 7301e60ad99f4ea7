#include "builder/plan/make_plan.h"

#include "builder/plan/planner.h"
#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

/// Plans a Dockerfile over a made-up base image `base` (ENV FROM_BASE=1, WORKDIR /srv).
struct Planned {
  Dockerfile file;
  PlanOptions options;
  layerfs::ImageConfig base;

  explicit Planned(llvm::StringRef text)
      : file(must(readDockerfile(std::make_shared<SourceText>("Dockerfile", text.str())))) {
    base.platform = layerfs::hostPlatform();
    base.env = {"PATH=/bin", "FROM_BASE=1"};
    base.workingDir = "/srv";
  }
  llvm::Expected<Plan> plan() {
    return makePlan(
        file, options, [&](llvm::StringRef written, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> {
          if (written != "base") return fault(FaultKind::NotFound, "no such image");
          return ResolvedImage{.id = digestOf("base"), .canonical = "docker.io/library/base:latest", .config = base};
        });
  }
};

std::vector<std::string> namesOf(const Plan& plan) {
  std::vector<std::string> names;
  for (const Vertex& vertex : plan.vertices)
    if (vertex.step) names.push_back(vertex.name);
  return names;
}
std::vector<std::string> historyOf(const Plan& plan) {
  std::vector<std::string> texts;
  for (const PlannedHistory& entry : plan.results[0].history) texts.push_back(entry.createdBy);
  return texts;
}
using ::testing::ElementsAre;

TEST(MakePlan, PROG_1_2_StepsAreCountedWithTheFromOfAnImage) {
  Planned planned("FROM base\nENV A=1\nRUN echo $A\nCOPY x y\n");
  EXPECT_THAT(namesOf(must(planned.plan())),
              ElementsAre("[1/3] FROM docker.io/library/base:latest", "[2/3] RUN echo 1", "[3/3] COPY x y"));
}

TEST(MakePlan, STAGE_11_UnreachableStagesAreNotResolved) {
  Planned planned("FROM nowhere AS dead\nRUN a\nFROM base AS live\nRUN b\n");
  EXPECT_THAT(namesOf(must(planned.plan())),
              ElementsAre("[live 1/2] FROM docker.io/library/base:latest", "[live 2/2] RUN b"));
}

TEST(MakePlan, STAGE_10_UnknownTargetNamesANearOne) {
  Planned planned("FROM base AS build\nFROM base\n");
  planned.options.target = "biuld";
  EXPECT_FAULT_SAYING(planned.plan(), FaultKind::Invalid, "did you mean build?");
}

TEST(MakePlan, STAGE_12_CopyFromALaterStageIsRefused) {
  Planned planned("FROM base AS a\nCOPY --from=b /x /x\nFROM base AS b\nFROM a\n");
  EXPECT_FAULT_SAYING(planned.plan(), FaultKind::Invalid, "cannot copy from stage");
}

TEST(MakePlan, STAGE_14_CopyFromAnIndexMakesAnEdge) {
  Planned planned("FROM base\nRUN a\nFROM base\nCOPY --from=0 /x /x\n");
  Plan plan = must(planned.plan());
  const Vertex& copy = plan.vertices[*plan.results[0].files];
  ASSERT_TRUE(copy.as<CopyOp>());
  ASSERT_EQ(copy.inputs.size(), 2u);
  EXPECT_TRUE(plan.vertices[copy.inputs[1]].as<RunOp>());
}

TEST(MakePlan, ARG_4_BuildArgThenDefaultThenGlobal) {
  Planned planned("ARG G=global\nFROM base\nARG G\nARG D=$G-x\nARG B=no\nRUN x\n");
  planned.options.buildArgs["B"] = "$literal";
  Plan plan = must(planned.plan());
  const auto* run = plan.vertices[*plan.results[0].files].as<RunOp>();
  ASSERT_TRUE(run);
  std::vector<std::string> env;
  for (const auto& [name, variable] : variablesOf(run->env.get())) env.push_back((name + "=" + variable->value).str());
  EXPECT_THAT(env, ::testing::IsSupersetOf({"G=global", "D=global-x", "B=$literal", "FROM_BASE=1"}));
  EXPECT_THAT(historyOf(plan).back(), "RUN |3 G=global D=global-x B=$literal /bin/sh -c x # buildkit");
}

TEST(MakePlan, ARG_3_GlobalArgIsUnknownInAStageUntilDeclared) {
  Planned planned("ARG G=global\nFROM base\nENV X=[$G]\n");
  EXPECT_EQ(must(planned.plan()).results[0].config.findEnv("X"), "[]");
}

TEST(MakePlan, VAR_4_OneInstructionSeesWhatWasBefore) {
  Planned planned("FROM base\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc\n");
  Plan plan = must(planned.plan());
  EXPECT_EQ(plan.results[0].config.findEnv("def"), "hello");
  EXPECT_EQ(plan.results[0].config.findEnv("ghi"), "bye");
}

TEST(MakePlan, WORKDIR_2_RelativePathsJoinTheBasesOne) {
  Planned planned("FROM base\nWORKDIR a\nWORKDIR ../b\nWORKDIR /c\nWORKDIR d\n");
  Plan plan = must(planned.plan());
  EXPECT_THAT(historyOf(plan), ElementsAre("WORKDIR /srv/a", "WORKDIR /srv/b", "WORKDIR /c", "WORKDIR /c/d"));
  EXPECT_EQ(plan.results[0].config.workingDir, "/c/d");
}

TEST(MakePlan, ENTRYPOINT_2_ClearsAnInheritedCmdOnly) {
  Planned inherited("FROM base\nENTRYPOINT [\"e\"]\n");
  inherited.base.cmd = {"c"};
  EXPECT_FALSE(must(inherited.plan()).results[0].config.cmd.has_value());
  Planned own("FROM base\nCMD [\"c\"]\nENTRYPOINT [\"e\"]\n");
  EXPECT_TRUE(must(own.plan()).results[0].config.cmd.has_value());
}

TEST(MakePlan, ONB_4_TriggersOfTheBaseRunFirst) {
  Planned planned("FROM base\nRUN own\n");
  planned.base.onBuild = {"ENV T=1", "RUN trigger $T"};
  Plan plan = must(planned.plan());
  EXPECT_THAT(namesOf(plan),
              ElementsAre("[1/3] FROM docker.io/library/base:latest", "[2/3] ONBUILD RUN trigger 1", "[3/3] RUN own"));
  EXPECT_TRUE(plan.results[0].config.onBuild.empty());
}

TEST(MakePlan, ONB_5_TriggersOfAStageRunInItsChildOnce) {
  Planned planned("FROM base AS a\nONBUILD RUN t\nFROM a AS b\nFROM b\nRUN own\n");
  EXPECT_THAT(namesOf(must(planned.plan())), ElementsAre("[a 1/1] FROM docker.io/library/base:latest",
                                                         "[b 1/1] ONBUILD RUN t", "[stage-2 1/1] RUN own"));
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

TEST(MakePlan, NotYetNamesTheLineAndTheFeature) {
  for (llvm::StringRef line : {"ADD https://example.com/x /x", "ADD https://example.com/x.git /x"}) {
    Planned planned(("FROM base\n" + line + "\n").str());
    EXPECT_FAULT_SAYING(planned.plan(), FaultKind::Unsupported, "not yet supported");
    EXPECT_FAULT_SAYING(planned.plan(), FaultKind::Unsupported, "Dockerfile:2");
  }
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

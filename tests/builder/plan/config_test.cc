#include "builder/plan/planner.h"
#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

layerfs::ImageConfig after(llvm::StringRef lines) { return configOf(("FROM base\n" + lines + "\n").str()); }
std::string lineMessage(llvm::StringRef line) { return readMessage(("FROM base\n" + line + "\n").str()); }
std::string planMessage(llvm::StringRef line) {
  Planned planned(("FROM base\n" + line + "\n").str());
  return testing::faultOf(planned.plan()).message;
}

TEST(Config, CFG_1_ScratchHasAWorkdirAndAPath) {
  layerfs::ImageConfig config = configOf("FROM scratch\n");
  EXPECT_EQ(config.workingDir, "/");
  EXPECT_THAT(config.env, ElementsAre("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
  EXPECT_EQ(config.platform, layerfs::hostPlatform());
}

TEST(Config, CFG_2_CFG_3_TheBaseIsInheritedWholeButForItsTimeAndTriggers) {
  Planned planned("FROM base\n");
  layerfs::ImageConfig& base = planned.base;
  base.author = "a";
  base.created = 5;
  base.osFeatures = {"f"};
  base.platform.osVersion = "9";
  base.user = "u";
  base.exposedPorts = {"1/tcp"};
  base.entrypoint = Words{"e"};
  base.cmd = Words{"c"};
  base.volumes = {"/v"};
  base.labels = {{"l", "1"}};
  base.stopSignal = "9";
  base.shell = {"s"};
  base.healthcheck = layerfs::Healthcheck{.test = {"NONE"}};
  base.onBuild = {"ENV FROM_BASE=1"};
  base.history = {{.created = 1, .createdBy = "h"}};
  base.diffIds = {layerfs::DiffId{digestOf("l")}};
  layerfs::ImageConfig wanted = base;
  wanted.created.reset();
  wanted.onBuild.clear();
  EXPECT_EQ(planned.config(), wanted);
}

TEST(Config, CFG_5_OfDuplicatesInTheBasesEnvTheLastCounts) {
  Planned planned("FROM base\nENV SAW=$A\nRUN x\n");
  planned.base.env = {"A=1", "PATH=/bin", "A=2"};
  Plan plan = planned.mustPlan();
  EXPECT_EQ(plan.results[0].config.findEnv("SAW"), "2");
  EXPECT_EQ(valueAtRun(plan, "A"), "2");
}

TEST(Config, CFG_6_MAINT_1_TheAuthorComesFromMaintainerAlone) {
  EXPECT_EQ(after("LABEL maintainer=x").author, "");
  EXPECT_EQ(after("MAINTAINER  $FROM_BASE me <a@b>").author, "$FROM_BASE me <a@b>") << "the whole rest, unexpanded";
  EXPECT_THAT(lineMessage("MAINTAINER"), HasSubstr("MAINTAINER requires exactly one argument"));
  EXPECT_THAT(lineMessage("ONBUILD MAINTAINER x"), HasSubstr("isn't allowed as an ONBUILD trigger"));
}

TEST(Config, CFG_11_LABEL_3_LabelsOfTheCommandLineComeLast) {
  Planned planned("FROM base AS a\nLABEL a=1 b=1\nFROM base\nLABEL a=1 b=1\n");
  planned.options.labels = {{"b", "2"}, {"c", "3"}};
  EXPECT_EQ(planned.config().labels, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  EXPECT_THAT(historyOf(planned.mustPlan()), ElementsAre("LABEL a=1 b=1"));
}

TEST(Config, CMD_1_ShellAndExecForm) {
  EXPECT_EQ(after("CMD a b").cmd, (Words{"/bin/sh", "-c", "a b"}));
  EXPECT_EQ(after("CMD [\"a\", \"b\"]").cmd, (Words{"a", "b"}));
}

TEST(Config, CMD_2_TheLastOneWinsAndIsMarkedEscaped) {
  layerfs::ImageConfig config = after("CMD a\nCMD [\"b\"]");
  EXPECT_EQ(config.cmd, (Words{"b"}));
  EXPECT_TRUE(config.argsEscaped);
  EXPECT_FALSE(after("ENTRYPOINT a").argsEscaped);
}

TEST(Config, CMD_3_NothingIsTheShellWithAnEmptyCommand) {
  EXPECT_EQ(after("CMD").cmd, (Words{"/bin/sh", "-c", ""}));
  EXPECT_EQ(after("CMD []").cmd, Words{});
}

TEST(Config, ENTRYPOINT_1_StoredAsCmdIsAndAnEmptyOneRemoves) {
  EXPECT_EQ(after("ENTRYPOINT a b").entrypoint, (Words{"/bin/sh", "-c", "a b"}));
  EXPECT_EQ(after("ENTRYPOINT [\"a\"]\nENTRYPOINT [\"b\"]").entrypoint, (Words{"b"}));
  Planned inherited("FROM base\nENTRYPOINT []\n");
  inherited.base.entrypoint = Words{"e"};
  EXPECT_FALSE(inherited.config().entrypoint.has_value());
}

TEST(Config, ENTRYPOINT_2_ClearsAnInheritedCmdOnly) {
  auto cmdWith = [](llvm::StringRef lines) {
    Planned planned(("FROM base\n" + lines).str());
    planned.base.cmd = Words{"inherited"};
    return planned.config().cmd;
  };
  EXPECT_FALSE(cmdWith("ENTRYPOINT [\"e\"]\n"));
  EXPECT_EQ(cmdWith("CMD [\"own\"]\nENTRYPOINT [\"e\"]\n"), (Words{"own"}));
  EXPECT_EQ(cmdWith("ENTRYPOINT [\"e\"]\nCMD [\"own\"]\n"), (Words{"own"}));
  EXPECT_FALSE(configOf("FROM base AS a\nCMD [\"c\"]\nFROM a\nENTRYPOINT [\"e\"]\n").cmd) << "a base stage's too";
}

TEST(Config, SHELL_1_OnlyTheJsonForm) {
  EXPECT_THAT(lineMessage("SHELL /bin/bash -c"), HasSubstr("SHELL requires the arguments to be in JSON form"));
  EXPECT_THAT(lineMessage("SHELL []"), HasSubstr("SHELL requires at least one argument"));
}

TEST(Config, SHELL_2_ReplacesThePrefixOfShellForms) {
  EXPECT_EQ(after("SHELL [\"ls\"]\nENTRYPOINT my ep").entrypoint, (Words{"ls", "my ep"}));
  EXPECT_EQ(after("SHELL [\"ls\"]\nCMD a b").cmd, (Words{"ls", "a b"}));
  EXPECT_EQ(after("SHELL [\"ls\"]\nHEALTHCHECK CMD a b").healthcheck->test, (Words{"CMD-SHELL", "a b"}));
  EXPECT_EQ(after("CMD a\nSHELL [\"ls\"]").cmd, (Words{"/bin/sh", "-c", "a"})) << "later ones";
  Plan plan = Planned("FROM base\nSHELL [\"ls\", \"-l\"]\nRUN a b\n").mustPlan();
  EXPECT_EQ(lastOf(plan).as<RunOp>()->argv, (Words{"ls", "-l", "a b"}));
}

TEST(Config, SHELL_3_IsStoredAndInherited) {
  EXPECT_EQ(after("SHELL [\"s\", \"-c\"]").shell, (Words{"s", "-c"}));
  EXPECT_EQ(configOf("FROM base AS a\nSHELL [\"s\"]\nFROM a\nCMD x\n").cmd, (Words{"s", "x"}));
  Planned image("FROM base\nCMD x\n");
  image.base.shell = {"t"};
  EXPECT_EQ(image.config().cmd, (Words{"t", "x"}));
}

TEST(Config, HEALTH_1_HEALTH_2_NoneOrACommand) {
  EXPECT_EQ(after("HEALTHCHECK NONE").healthcheck->test, (Words{"NONE"}));
  EXPECT_EQ(after("HEALTHCHECK --interval=5s none").healthcheck->test, (Words{"NONE"}));
  EXPECT_EQ(after("HEALTHCHECK cmd a b").healthcheck->test, (Words{"CMD-SHELL", "a b"}));
  EXPECT_EQ(after("HEALTHCHECK CMD [\"a\", \"b\"]").healthcheck->test, (Words{"CMD", "a", "b"}));
  EXPECT_NE(lineMessage("HEALTHCHECK NONE x"), "");
  EXPECT_NE(lineMessage("HEALTHCHECK CMD"), "");
  EXPECT_THAT(lineMessage("HEALTHCHECK RUN x"), HasSubstr("CMD"));
}

TEST(Config, HEALTH_3_HEALTH_4_HEALTH_5_OnlyWhatWasSaidIsStored) {
  layerfs::Healthcheck all =
      *after("HEALTHCHECK --interval=1h2m3.5s --timeout=5ms --start-period=1m --start-interval=0 --retries=4 CMD x")
           .healthcheck;
  EXPECT_EQ(all.interval, 3'723'500'000'000);
  EXPECT_EQ(all.timeout, 5'000'000);
  EXPECT_EQ(all.startPeriod, 60'000'000'000);
  EXPECT_EQ(all.startInterval, 0);
  EXPECT_EQ(all.retries, 4);
  layerfs::Healthcheck none = *after("HEALTHCHECK CMD x").healthcheck;
  EXPECT_EQ(none, (layerfs::Healthcheck{.test = {"CMD-SHELL", "x"}})) << "a runtime's defaults are not stored";
  EXPECT_THAT(lineMessage("HEALTHCHECK --interval=1us CMD x"), HasSubstr("cannot be less than 1ms"));
  EXPECT_NE(lineMessage("HEALTHCHECK --interval=-5s CMD x"), "");
  EXPECT_NE(lineMessage("HEALTHCHECK --interval=5 CMD x"), "");
  EXPECT_NE(lineMessage("HEALTHCHECK --retries=-1 CMD x"), "");
}

TEST(Config, HEALTH_6_TheLastOneReplacesAllOfTheOneBefore) {
  Planned planned("FROM base\nHEALTHCHECK --interval=5s --retries=3 CMD a\nHEALTHCHECK --timeout=2s CMD b\n");
  planned.base.healthcheck = layerfs::Healthcheck{.test = {"CMD", "old"}, .startPeriod = 7};
  EXPECT_EQ(*planned.config().healthcheck,
            (layerfs::Healthcheck{.test = {"CMD-SHELL", "b"}, .timeout = 2'000'000'000}));
}

TEST(Config, HEALTH_7_NothingIsExpanded) {
  EXPECT_EQ(after("HEALTHCHECK CMD echo $FROM_BASE").healthcheck->test, (Words{"CMD-SHELL", "echo $FROM_BASE"}));
}

TEST(Config, LABEL_1_BothFormsQuotedKeysAndExpansion) {
  using Labels = std::map<std::string, std::string>;
  EXPECT_EQ(after("LABEL \"a.b\"=\"c d\" k-$FROM_BASE=$FROM_BASE").labels, (Labels{{"a.b", "c d"}, {"k-1", "1"}}));
  EXPECT_EQ(after("LABEL a b c").labels, (Labels{{"a", "b c"}}));
  EXPECT_THAT(lineMessage("LABEL a=b c"), HasSubstr("can't find = in"));
  EXPECT_THAT(lineMessage("LABEL a"), HasSubstr("must have two arguments"));
}

TEST(Config, LABEL_2_LaterAndOwnValuesWin) {
  Planned planned("FROM base\nLABEL a=2\nLABEL a=3\n");
  planned.base.labels = {{"a", "1"}, {"kept", "1"}};
  EXPECT_EQ(planned.config().labels, (std::map<std::string, std::string>{{"a", "3"}, {"kept", "1"}}));
}

TEST(Config, LABEL_4_LabelsOfStagesThatAreCopiedFromStayThere) {
  EXPECT_THAT(configOf("FROM base AS a\nLABEL l=1\nRUN x\nFROM base\nCOPY --from=a /x /x\n"
                       "RUN --mount=from=a,target=/m x\n")
                  .labels,
              IsEmpty());
}

TEST(Config, EXPOSE_1_EXPOSE_2_PortsRangesAndProtocols) {
  using Ports = std::set<std::string>;
  EXPECT_EQ(after("EXPOSE 80 81/UDP 82/sctp").exposedPorts, (Ports{"80/tcp", "81/udp", "82/sctp"}));
  EXPECT_EQ(after("EXPOSE 8000-8002/udp").exposedPorts, (Ports{"8000/udp", "8001/udp", "8002/udp"}));
  EXPECT_THAT(lineMessage("EXPOSE"), HasSubstr("EXPOSE requires at least one argument"));
  for (llvm::StringRef bad : {"90-80", "x", "65536", "80/xyz", "-1"})
    EXPECT_NE(planMessage(("EXPOSE " + bad).str()), "") << bad.str();
}

TEST(Config, EXPOSE_3_OnlyTheContainersPartIsStored) {
  for (llvm::StringRef word : {"90:80", "127.0.0.1:90:80", "127.0.0.1::80", "[::1]:90:80", "::1:90:80"})
    EXPECT_THAT(after(("EXPOSE " + word).str()).exposedPorts, ElementsAre("80/tcp")) << word.str();
  EXPECT_THAT(after("EXPOSE 90-91:80-81").exposedPorts, ElementsAre("80/tcp", "81/tcp"));
  EXPECT_THAT(after("EXPOSE 90-91:80").exposedPorts, ElementsAre("80/tcp"));
  EXPECT_NE(planMessage("EXPOSE 90-92:80-81"), "");
  EXPECT_NE(planMessage("EXPOSE localhost:90:80"), "");
  EXPECT_THAT(planMessage("EXPOSE 90:"), HasSubstr("no port specified"));
}

TEST(Config, EXPOSE_4_EXPOSE_5_PortsAccumulateAndAreSortedAsWritten) {
  Planned planned("FROM base\nEXPOSE 80 443 8\nEXPOSE 81\n");
  planned.base.exposedPorts = {"1/tcp"};
  EXPECT_EQ(planned.config().exposedPorts, (std::set<std::string>{"1/tcp", "80/tcp", "443/tcp", "8/tcp", "81/tcp"}));
  EXPECT_EQ(historyOf(planned.mustPlan())[0], "EXPOSE [443/tcp 8/tcp 80/tcp]") << "lexically, not by number";
}

TEST(Config, VAR_6_ExposeSplitsWhatVariablesHold) {
  EXPECT_EQ(after("ARG P=\"3000 4000/udp\"\nEXPOSE $P").exposedPorts, (std::set<std::string>{"3000/tcp", "4000/udp"}));
}

TEST(Config, VOL_1_WordsOrJsonAsWritten) {
  EXPECT_EQ(after("VOLUME /a/../b $FROM_BASE").volumes, (std::set<std::string>{"/a/../b", "1"}));
  EXPECT_EQ(after("VOLUME [\"/a b\", \"/c\"]").volumes, (std::set<std::string>{"/a b", "/c"}));
  EXPECT_THAT(lineMessage("VOLUME"), HasSubstr("VOLUME requires at least one argument"));
  EXPECT_THAT(planMessage("VOLUME $EMPTY"), HasSubstr("VOLUME specified can not be an empty string"));
}

TEST(Config, VOL_2_AVolumeChangesNothingOfTheBuild) {
  Plan plan = Planned("FROM base\nVOLUME /data\nRUN touch /data/x\n").mustPlan();
  Plan without = Planned("FROM base\nENV x=1\nRUN touch /data/x\n").mustPlan();
  EXPECT_EQ(plan.stepCount, without.stepCount);
  EXPECT_THAT(lastOf(plan).as<RunOp>()->mounts, IsEmpty());
}

TEST(Config, VOL_3_VolumesAccumulate) {
  Planned planned("FROM base\nVOLUME /b\nVOLUME /c\n");
  planned.base.volumes = {"/a"};
  EXPECT_THAT(planned.config().volumes, ElementsAre("/a", "/b", "/c"));
}

TEST(Config, STOP_1_SignalsAreCheckedAndStoredAsWritten) {
  for (llvm::StringRef good : {"9", "KILL", "SIGKILL", "sigterm", "SIGRTMIN+3", "RTMAX-2"})
    EXPECT_EQ(after(("STOPSIGNAL " + good).str()).stopSignal, good.str());
  EXPECT_EQ(after("ENV s=SIGINT\nSTOPSIGNAL $s").stopSignal, "SIGINT");
  for (llvm::StringRef bad : {"0", "SIGNOPE", "RTMIN+99"})
    EXPECT_THAT(planMessage(("STOPSIGNAL " + bad).str()), HasSubstr("invalid signal"));
}

TEST(Config, USER_1_StoredAsWritten) {
  EXPECT_EQ(after("USER $FROM_BASE:no-such-group").user, "1:no-such-group");
  EXPECT_THAT(lineMessage("USER"), HasSubstr("USER requires exactly one argument"));
}

TEST(Config, WORKDIR_1_OneArgumentExpandedAndNoTilde) {
  EXPECT_THAT(lineMessage("WORKDIR"), HasSubstr("WORKDIR requires exactly one argument"));
  EXPECT_EQ(after("WORKDIR /a b/$FROM_BASE").workingDir, "/a b/1");
  EXPECT_EQ(after("WORKDIR ~/x").workingDir, "/srv/~/x");
}

TEST(Config, WORKDIR_2_DIFF_6_RelativePathsJoinAndUnsetVariablesAreEmpty) {
  EXPECT_EQ(after("WORKDIR a").workingDir, "/srv/a");
  EXPECT_EQ(after("WORKDIR /a\nWORKDIR b\nWORKDIR ..").workingDir, "/a");
  EXPECT_EQ(after("ENV A=/path\nWORKDIR $A/$B").workingDir, "/path");
  Planned none("FROM base\nWORKDIR a\n");
  none.base.workingDir.clear();
  EXPECT_EQ(none.config().workingDir, "/a");
}

TEST(Config, WORKDIR_4_OnlyTheRootMakesNoLayer) {
  EXPECT_TRUE(lastOf(Planned("FROM base\nWORKDIR /x\n").mustPlan()).as<MkdirOp>());
  EXPECT_TRUE(lastOf(Planned("FROM base\nWORKDIR /\n").mustPlan()).as<ImageOp>());
  EXPECT_TRUE(lastOf(Planned("FROM base\nWORKDIR /srv\n").mustPlan()).as<MkdirOp>()) << "also one that exists";
}

TEST(Config, WORKDIR_5_LaterStepsStandThere) {
  Plan plan = Planned("FROM base\nWORKDIR /w\nCOPY a b/\nRUN --mount=type=tmpfs,target=t x\n").mustPlan();
  const RunOp& run = *lastOf(plan).as<RunOp>();
  EXPECT_EQ(run.workdir, "/w");
  EXPECT_EQ(run.mounts.at(0).flag.target, "/w/t");
  EXPECT_EQ(plan.vertices[*lastOf(plan).parent].as<CopyOp>()->destination, "/w/b");
  EXPECT_EQ(plan.results[0].config.workingDir, "/w");
}

TEST(Config, WORKDIR_7_TheBasesWorkdirAppliesWithoutALayer) {
  Plan plan = Planned("FROM base\nRUN x\n").mustPlan();
  EXPECT_EQ(lastOf(plan).as<RunOp>()->workdir, "/srv");
  EXPECT_TRUE(plan.vertices[*lastOf(plan).parent].as<ImageOp>());
}

}  // namespace
}  // namespace strata::builder

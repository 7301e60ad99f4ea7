#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;

std::string entryOf(llvm::StringRef line) { return historyOf(("FROM base\n" + line + "\n").str()).back(); }
/// Of each entry of the last stage whether it has a layer.
std::vector<bool> layersOf(llvm::StringRef dockerfile) {
  Plan plan = Planned(dockerfile).mustPlan();
  std::vector<bool> layers;
  for (const PlannedHistory& entry : plan.results[0].history) layers.push_back(entry.vertex.has_value());
  return layers;
}

TEST(History, HIST_1_EveryInstructionButFromAndOnbuildHasAnEntry) {
  EXPECT_EQ(historyOf("FROM base\nARG a\nENV b=1\nLABEL c=1\nRUN d\nCOPY e /e\nADD f /f\nWORKDIR /g\nUSER h\nCMD i\n"
                      "ENTRYPOINT j\nSHELL [\"k\"]\nHEALTHCHECK NONE\nSTOPSIGNAL 9\nVOLUME /l\nEXPOSE 1\nMAINTAINER m\n"
                      "ONBUILD RUN n\n")
                .size(),
            16u);
}

TEST(History, HIST_2_FilesMakeLayersAllElseDoesNot) {
  EXPECT_THAT(layersOf("FROM base\nRUN d\nCOPY e /e\nADD f /f\nWORKDIR /g\n"), ElementsAre(true, true, true, true));
  EXPECT_THAT(layersOf("FROM base\nWORKDIR /\nARG a\nENV b=1\nLABEL c=1\nUSER h\nCMD i\nENTRYPOINT j\nSHELL [\"k\"]\n"
                       "HEALTHCHECK NONE\nSTOPSIGNAL 9\nVOLUME /l\nEXPOSE 1\nMAINTAINER m\n"),
              ::testing::Each(false));
}

TEST(History, HIST_3_RunAndCopyEndInTheBuildersName) {
  for (llvm::StringRef line : {"RUN x", "COPY a /a", "ADD a /a", "COPY <<E /a\nE"})
    EXPECT_TRUE(llvm::StringRef(entryOf(line)).ends_with(" # buildkit")) << line.str();
  for (llvm::StringRef line : {"WORKDIR /x", "ENV a=b", "CMD x"})
    EXPECT_FALSE(llvm::StringRef(entryOf(line)).contains("buildkit")) << line.str();
}

TEST(History, HIST_4_RunShowsTheWholeCommandLine) {
  EXPECT_EQ(entryOf("RUN echo hi"), "RUN /bin/sh -c echo hi # buildkit");
  EXPECT_EQ(entryOf("RUN [\"ls\", \"-l\"]"), "RUN ls -l # buildkit");
  EXPECT_EQ(entryOf("SHELL [\"/bin/bash\", \"-ec\"]\nRUN x"), "RUN /bin/bash -ec x # buildkit");
}

TEST(History, HIST_5_RunShowsTheArgsInScope) {
  EXPECT_EQ(entryOf("ARG a=1\nARG b\nENV a=2\nRUN --network=none x"), "RUN |2 a=2 b= /bin/sh -c x # buildkit");
  EXPECT_EQ(entryOf("ARG foo=bar\nARG bar=123\nARG foo=bar2\nRUN ls /"),
            "RUN |2 foo=bar2 bar=123 /bin/sh -c ls / # buildkit");
  EXPECT_EQ(entryOf("RUN --mount=type=tmpfs,target=/t x"), "RUN /bin/sh -c x # buildkit");
}

TEST(History, HIST_6_CopyShowsExpandedValuesAndFewFlags) {
  EXPECT_EQ(entryOf("ENV d=dir u=1:2\nCOPY --chown=$u --chmod=644 a $d b/ $d/"),
            "COPY --chown=1:2 --chmod=644 a dir b/ dir/ # buildkit");
  EXPECT_EQ(entryOf("COPY --link --exclude=*.o a /b"), "COPY a /b # buildkit");
  EXPECT_EQ(entryOf("COPY f <<one <<two /d/\n1\none\n2\ntwo"), "COPY f <<one <<two /d/ # buildkit");
  EXPECT_EQ(entryOf("WORKDIR /w\nADD a x"), "ADD a x # buildkit") << "the destination as it is written";
  EXPECT_EQ(historyOf("FROM base AS s\nFROM base\nCOPY --from=s /a /b\n").back(), "COPY /a /b # buildkit");
}

TEST(History, HIST_7_WorkdirShowsTheWholePath) { EXPECT_EQ(entryOf("WORKDIR a/../b"), "WORKDIR /srv/b"); }

TEST(History, HIST_8_EnvAndLabelShowUnquotedValues) {
  EXPECT_EQ(entryOf("ENV a=\"x y\" b=$FROM_BASE"), "ENV a=x y b=1");
  EXPECT_EQ(entryOf("ENV a  x y"), "ENV a=x y");
  EXPECT_EQ(entryOf("LABEL \"k\"='v w'"), "LABEL k=v w");
}

TEST(History, HIST_9_ArgShowsItsValueWhereItHasOne) {
  Planned planned("FROM base\nARG k=v k2 given\n");
  planned.options.buildArgs["given"] = "visible";
  EXPECT_EQ(historyOf(planned.mustPlan()).back(), "ARG k=v k2 given=visible");
}

TEST(History, HIST_10_CommandsAreQuotedLists) {
  EXPECT_EQ(entryOf("CMD x"), "CMD [\"/bin/sh\" \"-c\" \"x\"]");
  EXPECT_EQ(entryOf("CMD [\"a\", \"b c\"]"), "CMD [\"a\" \"b c\"]");
  EXPECT_EQ(entryOf("ENTRYPOINT [\"e\"]"), "ENTRYPOINT [\"e\"]");
  EXPECT_EQ(entryOf("CMD echo \"q\""), "CMD [\"/bin/sh\" \"-c\" \"echo \\\"q\\\"\"]");
}

TEST(History, HIST_11_TheOthersShowTheirValues) {
  EXPECT_EQ(entryOf("EXPOSE 5000 2375 1234/udp 1-3"), "EXPOSE [1/tcp 2/tcp 3/tcp 1234/udp 2375/tcp 5000/tcp]");
  EXPECT_EQ(entryOf("VOLUME /a /b"), "VOLUME [/a /b]");
  EXPECT_EQ(entryOf("SHELL [\"/bin/bash\", \"-c\"]"), "SHELL [/bin/bash -c]");
  EXPECT_EQ(entryOf("USER u:g"), "USER u:g");
  EXPECT_EQ(entryOf("STOPSIGNAL SIGINT"), "STOPSIGNAL SIGINT");
  EXPECT_EQ(entryOf("MAINTAINER me too"), "MAINTAINER me too");
  EXPECT_EQ(entryOf("HEALTHCHECK --interval=5s CMD x"),
            "HEALTHCHECK {Test:[CMD-SHELL x] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}");
}

TEST(History, HIST_12_KeywordsAreUpperCaseAndSpacingIsPlain) {
  EXPECT_EQ(entryOf("workdir   /x  "), "WORKDIR /x");
  EXPECT_EQ(entryOf("env   a=1    b=2"), "ENV a=1 b=2");
  EXPECT_EQ(entryOf("copy   a    /b"), "COPY a /b # buildkit");
}

TEST(History, HIST_13_OnlyTheResultsLineageAppears) {
  EXPECT_THAT(
      historyOf("FROM base AS other\nRUN o\nFROM base AS parent\nRUN p\nFROM parent\nCOPY --from=other /a /b\n"),
      ElementsAre("RUN /bin/sh -c p # buildkit", "COPY /a /b # buildkit"));
}

TEST(History, HIST_14_TriggersHaveOrdinaryEntries) {
  Planned planned("FROM base\n");
  planned.base.onBuild = {"ENV a=1", "RUN x"};
  EXPECT_THAT(historyOf(planned.mustPlan()), ElementsAre("ENV a=1", "RUN /bin/sh -c x # buildkit"));
}

}  // namespace
}  // namespace strata::builder

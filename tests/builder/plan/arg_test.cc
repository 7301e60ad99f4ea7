#include "tests/builder/plan/planned.h"

namespace strata::builder {
namespace {
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// What the last RUN sees of a name, with these build args.
std::optional<std::string> seen(llvm::StringRef text, llvm::StringRef name,
                                std::map<std::string, std::string> buildArgs = {}) {
  Planned planned(text);
  planned.options.buildArgs = std::move(buildArgs);
  return valueAtRun(planned.mustPlan(), name);
}

TEST(Arg, ARG_1_OneWordAtLeastAndNoBlankKey) {
  EXPECT_THAT(readMessage("FROM base\nARG\n"), HasSubstr("ARG requires at least one argument"));
  EXPECT_THAT(readMessage("FROM base\nARG =x\n"), HasSubstr("names can not be blank"));
  EXPECT_EQ(seen("FROM base\nARG K=a=b\nRUN x\n", "K"), "a=b");
  EXPECT_EQ(seen("FROM base\nARG A=1 B=2\nRUN x\n", "B"), "2");
}

TEST(Arg, ARG_2_FromItsLineToTheEndAndIntoChildren) {
  Planned planned(
      "FROM base AS a\nENV BEFORE=[$V]\nARG V=1\nENV AFTER=[$V]\nFROM a AS b\nENV CHILD=[$V]\nFROM base\nENV "
      "OTHER=[$V]\n");
  planned.options.target = "b";
  layerfs::ImageConfig child = planned.config();
  EXPECT_EQ(child.findEnv("BEFORE"), "[]");
  EXPECT_EQ(child.findEnv("AFTER"), "[1]");
  EXPECT_EQ(child.findEnv("CHILD"), "[1]");
  planned.options.target.clear();
  EXPECT_EQ(planned.config().findEnv("OTHER"), "[]");
}

TEST(Arg, ARG_3_GlobalsAreForFromAndLaterGlobals) {
  Planned planned("ARG NAME=ba\nARG WHOLE=${NAME}se\nFROM $WHOLE\nENV X=[$NAME]\nARG NAME\nENV Y=[$NAME]\n");
  EXPECT_EQ(planned.config().findEnv("X"), "[]");
  EXPECT_EQ(planned.config().findEnv("Y"), "[ba]");
}

TEST(Arg, ARG_4_BuildArgThenDefaultThenGlobal) {
  Planned planned("ARG G=global\nFROM base\nARG G\nARG D=$G-x\nARG B=no\nARG NONE\nRUN x\n");
  planned.options.buildArgs["B"] = "$literal 'and quotes'";
  Plan plan = planned.mustPlan();
  EXPECT_EQ(valueAtRun(plan, "G"), "global");
  EXPECT_EQ(valueAtRun(plan, "D"), "global-x");
  EXPECT_EQ(valueAtRun(plan, "B"), "$literal 'and quotes'") << "as it is";
  EXPECT_EQ(valueAtRun(plan, "NONE"), std::nullopt);
  EXPECT_EQ(valueAtRun(plan, "FROM_BASE"), "1");
}

TEST(Arg, ARG_5_ADefaultInTheStageHidesGlobalAndAutomaticValues) {
  EXPECT_EQ(seen("FROM base\nARG TARGETARCH=x\nRUN x\n", "TARGETARCH"), "x");
  EXPECT_EQ(seen("ARG V=1\nFROM base\nARG V=2\nRUN x\n", "V"), "2");
}

TEST(Arg, ARG_6_GlobalValuesMayBuildOnEarlierOnes) {
  EXPECT_EQ(seen("ARG FOO=a\nARG FOO=${FOO}b\nFROM base\nARG FOO\nRUN x\n", "FOO"), "ab");
  EXPECT_EQ(seen("ARG FOO=a\nARG FOO\nFROM base\nARG FOO\nRUN x\n", "FOO"), "a") << "a bare one keeps it";
  EXPECT_EQ(seen("ARG BIN=tool-$TARGETOS\nFROM base\nARG BIN\nRUN x\n", "BIN"), "tool-linux");
  EXPECT_EQ(seen("ARG FOO=a\nFROM base\nARG FOO\nRUN x\n", "FOO", {{"FOO", "$x"}}), "$x");
}

TEST(Arg, ARG_7_ABuildArgOverridesEveryDeclaration) {
  EXPECT_EQ(seen("ARG FOO=a\nARG FOO=${FOO}b\nFROM base\nARG FOO\nRUN x\n", "FOO", {{"FOO", "given"}}), "given");
  EXPECT_EQ(seen("FROM base\nARG FOO=a\nARG FOO=${FOO}b\nRUN x\n", "FOO", {{"FOO", "given"}}), "given");
}

TEST(Arg, ARG_8_AnArgWithoutAValueIsNotInTheEnvironment) {
  Plan plan = Planned("FROM base\nARG NONE\nARG EMPTY=\nRUN x\n").mustPlan();
  EXPECT_EQ(valueAtRun(plan, "NONE"), std::nullopt);
  EXPECT_EQ(valueAtRun(plan, "EMPTY"), "");
}

TEST(Arg, ARG_9_ArgsAreInTheProcessAndNotInTheImage) {
  Plan plan = Planned("FROM base\nARG V=1\nRUN x\n").mustPlan();
  EXPECT_EQ(valueAtRun(plan, "V"), "1");
  EXPECT_FALSE(plan.results[0].config.findEnv("V"));
}

TEST(Arg, ARG_10_UndeclaredBuildArgsAreIgnored) {
  EXPECT_EQ(seen("FROM base\nRUN x\n", "STRAY", {{"STRAY", "1"}}), std::nullopt);
}

TEST(Arg, ARG_11_BeforeItsLineANameIsUnknown) {
  Planned planned("FROM base\nUSER ${u:-x}\nRUN a\nARG u\nUSER $u\nRUN b\n");
  planned.options.buildArgs["u"] = "w";
  Plan plan = planned.mustPlan();
  EXPECT_EQ(plan.vertices[*lastOf(plan).parent].as<RunOp>()->user, "x");
  EXPECT_EQ(lastOf(plan).as<RunOp>()->user, "w");
}

TEST(Arg, ARG_12_ARunAfterTheLineDependsOnTheValue) {
  auto partsOf = [](llvm::StringRef value) {
    Planned planned("FROM base\nRUN before\nARG V\nRUN after\n");
    planned.options.buildArgs["V"] = value.str();
    Plan plan = planned.mustPlan();
    auto textOf = [&](const Vertex& vertex) {
      std::string text;
      for (const KeyComponent& part : componentsOf(vertex, plan.file)) text += part.name + "=" + part.value + "\n";
      return text;
    };
    return std::pair(textOf(plan.vertices[*lastOf(plan).parent]), textOf(lastOf(plan)));
  };
  auto one = partsOf("1"), two = partsOf("2");
  EXPECT_EQ(one.first, two.first);
  EXPECT_NE(one.second, two.second) << "although it does not use it";
}

TEST(Arg, ARG_13_TheLastWriterWinsWhileBuilding) {
  EXPECT_EQ(seen("FROM base\nARG V=arg\nENV V=env\nRUN x\n", "V"), "env");
  Plan plan = Planned("FROM base\nENV V=env\nARG V=arg\nENV SAW=$V\nRUN x\n").mustPlan();
  EXPECT_EQ(valueAtRun(plan, "V"), "arg");
  EXPECT_EQ(plan.results[0].config.findEnv("SAW"), "arg");
  EXPECT_EQ(plan.results[0].config.findEnv("V"), "env") << "the image keeps what ENV said";
  EXPECT_EQ(seen("FROM base\nENV V=env\nARG V\nRUN x\n", "V"), "env") << "an ARG without a value hides nothing";
}

TEST(Arg, ARG_14_InAChildTheParentsEnvWins) {
  EXPECT_EQ(seen("FROM base AS p\nENV V=env\nARG V=arg\nFROM p\nRUN x\n", "V"), "env");
  EXPECT_EQ(seen("FROM base AS p\nARG W=arg\nFROM p\nRUN x\n", "W"), "arg");
}

TEST(Arg, ARG_15_ProxiesReachEveryRunAndNothingElse) {
  Planned planned("FROM base\nENV SEEN=[$http_proxy$HTTP_PROXY]\nRUN x\n");
  planned.options.buildArgs = {
      {"http_proxy", "http://p:1"}, {"NO_PROXY", "host"}, {"FTP_PROXY", ""}, {"HTTPS_PROXY", "s"}, {"all_proxy", "a"}};
  Plan plan = planned.mustPlan();
  EXPECT_THAT(
      lastOf(plan).as<RunOp>()->given->proxies,
      ::testing::UnorderedElementsAre("HTTP_PROXY=http://p:1", "http_proxy=http://p:1", "NO_PROXY=host",
                                      "no_proxy=host", "HTTPS_PROXY=s", "https_proxy=s", "ALL_PROXY=a", "all_proxy=a"));
  EXPECT_EQ(plan.results[0].config.findEnv("SEEN"), "[]");
  EXPECT_THAT(historyOf(plan).back(), "RUN /bin/sh -c x # buildkit");
  for (const KeyComponent& part : componentsOf(lastOf(plan), plan.file)) EXPECT_THAT(part.value, Not(HasSubstr("p:1")));
}

TEST(Arg, ARG_15_ADeclaredProxyIsAnOrdinaryArgToo) {
  Planned planned("FROM base\nARG http_proxy\nRUN x\n");
  planned.options.buildArgs["http_proxy"] = "http://p:1";
  Plan plan = planned.mustPlan();
  EXPECT_EQ(valueAtRun(plan, "http_proxy"), "http://p:1");
  EXPECT_EQ(historyOf(plan).back(), "RUN |1 http_proxy=http://p:1 /bin/sh -c x # buildkit");
  std::vector<std::string> values;
  for (const KeyComponent& part : componentsOf(lastOf(plan), plan.file)) values.push_back(part.value);
  EXPECT_THAT(values, Contains("http://p:1"));
}

TEST(Arg, ARG_19_TheScanSettingsAreNotInTheEnvironment) {
  llvm::StringRef text = "FROM base\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nARG BUILDKIT_SBOM_SCAN_CONTEXT=true\nRUN x\n";
  EXPECT_EQ(seen(text, "BUILDKIT_SBOM_SCAN_STAGE"), std::nullopt);
  EXPECT_EQ(seen(text, "BUILDKIT_SBOM_SCAN_CONTEXT", {{"BUILDKIT_SBOM_SCAN_CONTEXT", "a,b"}}), std::nullopt);
}

TEST(Arg, ARG_20_EachInstructionHasOneEntryWithItsValues) {
  Planned planned("FROM base\nARG A=1 B C\n");
  planned.options.buildArgs["B"] = "two";
  EXPECT_THAT(historyOf(planned.mustPlan()), ElementsAre("ARG A=1 B=two C"));
}

TEST(Arg, BARG_2_BuiltInArgumentsAreSeenOnlyWhereDeclared) {
  std::map<std::string, std::string> given = {{"BUILDKIT_SANDBOX_HOSTNAME", "box"},
                                              {"BUILDKIT_INLINE_CACHE", "1"},
                                              {"BUILDKIT_MULTI_PLATFORM", "0"},
                                              {"SOURCE_DATE_EPOCH", "7"},
                                              {"BUILDKIT_CONTEXT_KEEP_GIT_DIR", "1"}};
  for (const auto& [name, value] : given) {
    EXPECT_EQ(seen("FROM base\nRUN x\n", name, given), std::nullopt) << name;
    EXPECT_EQ(seen("FROM base\nARG " + name + "\nRUN x\n", name, given), value);
  }
  Planned planned("FROM base\nENV S=[$BUILDKIT_SANDBOX_HOSTNAME]\n");
  planned.options.buildArgs = given;
  EXPECT_EQ(planned.config().findEnv("S"), "[]");
}

}  // namespace
}  // namespace strata::builder

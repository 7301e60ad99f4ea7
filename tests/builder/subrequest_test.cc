#include "builder/subrequest.h"

#include "builder/frontend/source_fault.h"
#include "tests/support/testing.h"

#include <dirent.h>

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::must;
using testing::writeFile;

/// A store with two images that have no layers: `native` of this machine's platform, `foreign` of another.
class SubrequestTest : public ::testing::Test {
protected:
  void SetUp() override {
    store_ = must(layerfs::Store::open({.root = directory_.path() + "/store"}));
    addImage("native", layerfs::hostPlatform());
    addImage("foreign", {.os = "linux", .architecture = "s390x"});
  }
  void addImage(llvm::StringRef name, const layerfs::Platform& platform) {
    layerfs::ImageConfig config;
    config.platform = platform;
    auto image = must(store_->images().create(config, {}));
    must(store_->images().tag(image.id, ("docker.io/library/" + name + ":latest").str()));
  }
  BuildRequest request(llvm::StringRef dockerfile) {
    std::string context = directory_.path() + "/context";
    writeFile(context + "/Dockerfile", dockerfile);
    BuildRequest request;
    request.context = context;
    return request;
  }
  CheckAnswer check(const BuildRequest& request) { return must(checkBuild(request, *store_)); }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<layerfs::Store> store_;
};

std::vector<std::string> textsOf(const CheckAnswer& answer) {
  std::vector<std::string> texts;
  for (const LintWarning& warning : answer.report.byLine()) texts.push_back(warning.text());
  return texts;
}

// Every rule has a folder below tests/data/lint: a bad and a good Dockerfile, what is said of the bad one, and perhaps
// build arguments.

std::vector<std::string> ruleFolders() {
  std::vector<std::string> names;
  for (const LintRuleInfo& info : lintRules()) names.push_back(info.name.str());
  return names;
}

class EveryRule : public SubrequestTest, public ::testing::WithParamInterface<std::string> {
protected:
  std::string folder() const { return std::string(STRATA_TEST_DATA) + "/lint/" + GetParam(); }
  BuildRequest example(llvm::StringRef kind) const {
    BuildRequest request;
    request.context = folder() + "/" + kind.str();
    if (pathExists(folder() + "/args")) {
      std::string arguments = must(readFile(folder() + "/args"));
      auto [name, value] = llvm::StringRef(arguments).trim().split('=');
      request.buildArgs[name.str()] = value.str();
    }
    return request;
  }
};

TEST_P(
    EveryRule,
    LINT_9_LINT_10_LINT_11_LINT_12_LINT_13_LINT_14_LINT_15_LINT_16_LINT_17_LINT_18_LINT_19_LINT_20_LINT_21_LINT_22_LINT_23_LINT_24_LINT_25_LINT_26_LINT_27_LINT_28_LINT_29_LINT_30_LINT_31_FindsItsBadExampleAloneAndPassesItsGoodOne) {
  std::string expected = llvm::StringRef(must(readFile(folder() + "/expected"))).trim().str();
  if (size_t host = expected.find("HOST"); host != std::string::npos)
    expected.replace(host, 4, layerfs::hostPlatform().str());
  CheckAnswer bad = check(example("bad"));
  must(std::move(bad.error));
  EXPECT_THAT(textsOf(bad), ElementsAre(expected));
  CheckAnswer good = check(example("good"));
  must(std::move(good.error));
  EXPECT_THAT(textsOf(good), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Every, EveryRule, ::testing::ValuesIn(ruleFolders()),
                         [](const auto& info) { return info.param; });

TEST(LintExamples, NoFolderIsThereForNoRule) {
  DIR* folder = ::opendir((std::string(STRATA_TEST_DATA) + "/lint").c_str());
  ASSERT_TRUE(folder);
  while (const dirent* entry = ::readdir(folder)) {
    std::string name = entry->d_name;
    if (name[0] == '.') continue;
    EXPECT_THAT(ruleFolders(), ::testing::Contains(name));
  }
  ::closedir(folder);
}

TEST_F(SubrequestTest, CALL_1_STAGE_11_AllStagesAreLookedAtUnlessATargetSaysWhich) {
  BuildRequest both = request("FROM native AS one\nCMD a\nFROM native AS two\nCMD b\n");
  EXPECT_EQ(textsOf(check(both)).size(), 2u);
  both.target = "one";
  EXPECT_THAT(textsOf(check(both)), ElementsAre(HasSubstr("(line 2)")));
}
TEST_F(SubrequestTest, LINT_1_WarningsAreNoError) {
  CheckAnswer answer = check(request("FROM native AS Base\n"));
  EXPECT_EQ(textsOf(answer).size(), 1u);
  must(std::move(answer.error));
}
TEST_F(SubrequestTest, DIR_11_LINT_4_TheDirectiveSkipsAndFails) {
  CheckAnswer answer = check(request("# check=skip=StageNameCasing;error=true\nFROM native AS Base\nMAINTAINER x\n"));
  EXPECT_THAT(textsOf(answer), ElementsAre(HasSubstr("MaintainerDeprecated")));
  EXPECT_FAULT_SAYING(std::move(answer.error), FaultKind::Invalid,
                      "lint violation found for rules: MaintainerDeprecated");
}
TEST_F(SubrequestTest, DIR_11_ERR_4_ABadDirectiveIsPointedAt) {
  CheckAnswer answer = check(request("# escape=`\n# check=foo=bar\nFROM native\n"));
  EXPECT_FAULT_SAYING(std::move(answer.error), FaultKind::Invalid,
                      "   2 | >>> # check=foo=bar\n   3 |     FROM native\n--------------------\n"
                      "failed to parse check options: invalid check option \"foo\"");
}
TEST_F(SubrequestTest, DIR_9_ACheckBelowAShebangCounts) {
  EXPECT_THAT(textsOf(check(request("#!/usr/bin/env strata\n# check=skip=all\nFROM native AS Base\n"))), IsEmpty());
}
TEST_F(SubrequestTest, LINT_5_BARG_1_TheBuildArgumentReplacesTheDirective) {
  BuildRequest strict = request("# check=skip=all\nFROM native AS Base\n");
  strict.buildArgs["BUILDKIT_DOCKERFILE_CHECK"] = "error=true";
  CheckAnswer answer = check(strict);
  EXPECT_EQ(textsOf(answer).size(), 1u);
  EXPECT_FAULT_SAYING(std::move(answer.error), FaultKind::Invalid, "lint violation found");
  strict.buildArgs["BUILDKIT_DOCKERFILE_CHECK"] = "x";
  EXPECT_FAULT_SAYING(check(strict).error, FaultKind::Invalid,
                      "failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: invalid check option \"x\"");
}
TEST_F(SubrequestTest, LINT_8_WarningsBeforeAParseErrorAreTold) {
  CheckAnswer answer = check(request("FROM native AS Base\nENV A=1 \\\n\n B=2\nRNU x\n"));
  EXPECT_THAT(textsOf(answer), ElementsAre(HasSubstr("StageNameCasing"), HasSubstr("NoEmptyContinuation")));
  EXPECT_FAULT_SAYING(std::move(answer.error), FaultKind::Invalid,
                      "dockerfile parse error on line 5: unknown instruction: RNU (did you mean RUN?)");
}
TEST_F(SubrequestTest, WhatCannotBePlannedIsTold) {
  CheckAnswer answer = check(request("FROM native\nSTOPSIGNAL nonsense\n"));
  ASSERT_TRUE(bool(answer.error));
  llvm::handleAllErrors(std::move(answer.error), [](const SourceFault& fault) {
    EXPECT_EQ(fault.range().firstLine(), 2u);
    EXPECT_EQ(fault.cause(), "invalid signal: nonsense");
  });
}

constexpr llvm::StringLiteral kManyArgs = R"(# VERSION the version to build
ARG VERSION=1.2
ARG UNUSED=3
ARG TAG=$VERSION-x
ARG IMAGE=native
# base the base stage
FROM scratch AS base
# FOO the foo of things
# BAR bars
ARG FOO=a BAR
ARG VERSION

FROM ${IMAGE} AS tool
ARG TOOLARG=9

FROM native AS other
ARG NOT_NEEDED

# app the app
FROM base AS app
ARG TARGETOS
ARG DEF=${FOO}1
ARG TAG
COPY --from=tool /a /b
)";

std::vector<std::string> linesOf(const Outline& outline) {
  std::vector<std::string> lines;
  for (const OutlineArg& arg : outline.args)
    lines.push_back(std::to_string(arg.range.firstLine()) + " " + arg.name + "=" + arg.value.value_or("(unset)") + " " +
                    arg.description);
  return lines;
}

TEST_F(SubrequestTest, LEX_23_CALL_3_ArgumentsThatTheTargetUsesByLine) {
  BuildRequest app = request(kManyArgs);
  app.buildArgs["BAR"] = "given";
  Outline outline = must(outlineBuild(app, *store_)).outline;
  EXPECT_EQ(outline.name, "app");
  EXPECT_EQ(outline.description, "the app");
  EXPECT_THAT(linesOf(outline), ElementsAre("2 VERSION=1.2 the version to build", "4 TAG=1.2-x ", "5 IMAGE=native ",
                                            "10 FOO=a the foo of things", "10 BAR=given bars", "14 TOOLARG=9 ",
                                            "21 TARGETOS=linux ", "22 DEF=a1 "));
  app.target = "BASE";
  app.buildArgs.clear();
  EXPECT_THAT(linesOf(must(outlineBuild(app, *store_)).outline),
              ElementsAre("2 VERSION=1.2 the version to build", "10 FOO=a the foo of things", "10 BAR=(unset) bars"));
}
TEST_F(SubrequestTest, CALL_3_SecretsSocketsAndCaches) {
  OutlineRecorder recorder;
  Dockerfile file = must(readDockerfile(std::make_shared<SourceText>("Dockerfile", "FROM a\nRUN x\n")));
  const Instruction& run = file.stages[0].instructions[0];
  for (const char* mount : {"type=secret,id=tok,required", "type=secret,target=/run/x/netrc", "type=secret,id=tok",
                            "type=ssh,required=true", "type=ssh,id=gh", "type=cache,target=/c", "type=bind,source=x"})
    recorder.addMount(run, must(parseMountFlag(
                               mount, [](llvm::StringRef value) { return llvm::Expected<std::string>(value.str()); })));
  Outline outline = recorder.finish(file.stages[0]);
  ASSERT_EQ(outline.secrets.size(), 2u);
  EXPECT_EQ(outline.secrets[0].id, "tok");
  EXPECT_TRUE(outline.secrets[0].required);
  EXPECT_EQ(outline.secrets[1].id, "netrc");
  EXPECT_FALSE(outline.secrets[1].required);
  ASSERT_EQ(outline.ssh.size(), 2u);
  EXPECT_EQ(outline.ssh[0].id, "default");
  EXPECT_TRUE(outline.ssh[0].required);
  EXPECT_EQ(outline.ssh[1].range.firstLine(), 2u);
  ASSERT_EQ(outline.caches.size(), 1u);
  EXPECT_EQ(outline.caches[0].id, "/c");
}
TEST_F(SubrequestTest, CALL_3_NoImageIsAskedFor) {
  Outline outline = must(outlineBuild(request("FROM not-there\nARG A=1\n"), *store_)).outline;
  EXPECT_THAT(linesOf(outline), ElementsAre("2 A=1 "));
  EXPECT_EQ(outline.name, "");
}
TEST_F(SubrequestTest, CALL_2_LEX_23_NamedStagesAndTheLastOne) {
  auto targets =
      must(listTargets(request("# base the base\nFROM scratch AS base\nFROM base\n# x x\nFROM --platform=linux/arm64 "
                               "not-there\n"),
                       *store_))
          .targets;
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].name, "base");
  EXPECT_EQ(targets[0].description, "the base");
  EXPECT_EQ(targets[0].base, "scratch");
  EXPECT_FALSE(targets[0].isDefault);
  EXPECT_EQ(targets[1].name, "");
  EXPECT_TRUE(targets[1].isDefault);
  EXPECT_EQ(targets[1].platform, "linux/arm64");
  EXPECT_EQ(targets[1].range.firstLine(), 5u);
}

}  // namespace
}  // namespace strata::builder

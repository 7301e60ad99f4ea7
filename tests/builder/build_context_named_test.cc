#include "layerfs/image_archive.h"
#include "support/process.h"
#include "tests/builder/build_fixture.h"
#include "tests/support/git_repository.h"
#include "tests/support/remote_server.h"

namespace strata::builder {
namespace {

using testing::GitRepository;
using testing::must;
using testing::writeFile;

/// --build-context, remote build contexts, and times that come from sources.
class BuildNamedTest : public BuildTest {
protected:
  void SetUp() override {
    BuildTest::SetUp();
    repository_.file("f", "one");
    repository_.file("Dockerfile", "FROM scratch\nCOPY . /c/\n");
    repository_.file("sub/g", "in sub");
    repository_.file("sub/Dockerfile", "FROM scratch\nCOPY . /s/\n");
    repository_.commit();
    repository_.publish(server_.directory() + "/git/x.git");
    writeFile(directory_.path() + "/extra/a", "extra");
    writeFile(directory_.path() + "/extra/skip", "ignored");
    writeFile(directory_.path() + "/extra/.dockerignore", "skip\n");
  }
  std::string git(llvm::StringRef rest = "") { return server_.url("/git/x.git" + rest.str()); }
  void name(const std::string& option) { must(request_.contexts.add(option)); }
  std::string extra() { return directory_.path() + "/extra"; }
  BuildResult built(const std::string& text) {
    dockerfile(text);
    return mustBuild();
  }
  std::string layout() {
    std::string archive = directory_.path() + "/saved.tar", directory = directory_.path() + "/layout";
    auto id = must(store_->images().findByName("docker.io/library/base:latest"));
    std::vector<layerfs::SaveItem> items{{must(store_->images().load(*id)), {"docker.io/library/base:latest"}}};
    auto file = must(openFile(archive, O_WRONLY | O_CREAT, 0600));
    FdSink sink(file.get());
    must(layerfs::saveArchive(items, store_->content(), sink));
    must(makeDirectories(directory));
    EXPECT_EQ(must(runProcess({.argv = {"tar", "-C", directory, "-xf", archive}})).exitCode, 0);
    return directory;
  }

  testing::RemoteServer server_;
  GitRepository repository_;
};

TEST_F(BuildNamedTest, NCTX_1_NCTX_13_IGN_3_ADirectoryWithItsOwnIgnoreFile) {
  name("more=" + extra());
  BuildResult result = built("FROM scratch\nCOPY --from=more . /d/\n");
  EXPECT_EQ(fileInImage(result.image, "d/a"), "extra");
  EXPECT_FALSE(isInImage(result.image, "d/skip"));
  writeFile(extra() + "/other", "x");
  EXPECT_EQ(fileInImage(built("FROM scratch\nCOPY --from=more /a /b\n").image, "b"), "extra");
  writeFile(extra() + "/other", "changed");  // not asked for
  mustBuild();
  EXPECT_EQ(outcomes(), "H");
  name("unused=" + extra());
  must(removeTree(extra()));
  built("FROM scratch\nLABEL a=b\n");  // what is not used is not read
}

TEST_F(BuildNamedTest, NCTX_1_NCTX_6_GitInEveryPlace) {
  name("repo=" + git());
  EXPECT_EQ(fileInImage(built("FROM scratch\nCOPY --from=repo sub/g /g\n").image, "g"), "in sub");
  EXPECT_EQ(fileInImage(built("FROM repo\nLABEL a=b\n").image, "f"), "one");
  auto image = must(store_->images().load(mustBuild().image));
  EXPECT_EQ(image.config.workingDir, "/");
  built("FROM base\nRUN --mount=from=repo,target=/m cat /m/f > /copied\n");
  EXPECT_EQ(fileInImage(mustBuild().image, "copied"), "one");
}

TEST_F(BuildNamedTest, NCTX_6_ADirectoryAsABase) {
  name("dir=" + extra());
  BuildResult result = built("FROM dir\nLABEL a=b\n");
  EXPECT_EQ(fileInImage(result.image, "a"), "extra");
  EXPECT_FALSE(isInImage(result.image, "skip"));
}

TEST_F(BuildNamedTest, NCTX_11_AUrlIsOneFileNamedContext) {
  server_.file("x.tar", "no archive at all");
  name("web=" + server_.url("/x.tar"));
  EXPECT_EQ(fileInImage(built("FROM scratch\nCOPY --from=web /context /f\n").image, "f"), "no archive at all");
  EXPECT_EQ(fileInImage(built("FROM web\nLABEL a=b\n").image, "context"), "no archive at all");
}

TEST_F(BuildNamedTest, NCTX_2_NamesCompareAsReferences) {
  addBase("other", "two");
  name("alpine=docker-image://other");
  for (const char* text : {"alpine", "alpine:latest", "docker.io/library/alpine"})
    EXPECT_EQ(fileInImage(built(std::string("FROM ") + text + "\nLABEL a=b\n").image, "etc/marker"), "two") << text;
  dockerfile("FROM alpine:3.20\n");
  EXPECT_FAULT(tryBuild(), FaultKind::NotFound);
}

TEST_F(BuildNamedTest, NCTX_4_STAGE_15_AStageOfThatNameIsReplacedWhole) {
  name("build=" + extra());
  std::string stages = "FROM nowhere AS build\nRUN exit 1\nFROM scratch AS last\n";
  EXPECT_EQ(fileInImage(built(stages + "COPY --from=build a /x\n").image, "x"), "extra");
  EXPECT_EQ(fileInImage(built("FROM nowhere AS build\nRUN exit 1\nFROM build\nLABEL a=b\n").image, "a"), "extra");
  built("FROM nowhere AS build\nRUN exit 1\nFROM base\nRUN --mount=from=build,target=/m cat /m/a > /x\n");
  EXPECT_EQ(fileInImage(mustBuild().image, "x"), "extra");
  request_.target = "build";
  EXPECT_EQ(fileInImage(built(stages + "LABEL a=b\n").image, "a"), "extra");
}

TEST_F(BuildNamedTest, STAGE_15_ANameIsAStageThenANumberThenAContextThenAnImage) {
  name("one=" + extra());
  std::string before = "FROM base AS first\nRUN echo stage > /a\nFROM scratch\n";
  EXPECT_EQ(fileInImage(built(before + "COPY --from=first /a /x\n").image, "x"), "stage\n");
  EXPECT_EQ(fileInImage(built(before + "COPY --from=0 /a /x\n").image, "x"), "stage\n");
  EXPECT_EQ(fileInImage(built(before + "COPY --from=one /a /x\n").image, "x"), "extra");
  EXPECT_EQ(fileInImage(built(before + "COPY --from=base /etc/marker /x\n").image, "x"), "one");
  writeFile(context("a"), "context");
  EXPECT_EQ(fileInImage(built(before + "COPY --from= a /x\n").image, "x"), "context");
}

TEST_F(BuildNamedTest, NCTX_5_ScratchAndContextStay) {
  name("scratch=" + extra());
  name("context=" + extra());
  BuildResult result = built("FROM scratch\nLABEL a=b\n");
  EXPECT_FALSE(isInImage(result.image, "a"));
  dockerfile("FROM scratch\nCOPY --from=context a /x\n");
  EXPECT_FAULT(tryBuild(), FaultKind::NotFound);
}

TEST_F(BuildNamedTest, NCTX_6_AnImageBringsItsConfigurationButItsTime) {
  layerfs::ImageConfig config;
  auto base = must(store_->images().load(*must(store_->images().findByName("docker.io/library/base:latest"))));
  config = base.config;
  config.env.push_back("GIVEN=yes");
  config.workingDir = "/etc";
  config.onBuild = {"LABEL triggered=yes"};
  config.created = 5;
  auto image = must(store_->images().create(config, base.layers));
  must(store_->images().tag(image.id, "docker.io/library/rich:latest"));
  name("app=docker-image://rich");
  auto result = must(store_->images().load(built("FROM app\nCOPY Dockerfile .\n").image));
  EXPECT_EQ(result.config.findEnv("GIVEN"), "yes");
  EXPECT_EQ(result.config.workingDir, "/etc");
  EXPECT_EQ(result.config.labels["triggered"], "yes");
  EXPECT_NE(result.config.created, 5);
}

TEST_F(BuildNamedTest, ONB_10_TriggersOfAContextInTheBasesPlaceRun) {
  auto image = must(store_->images().load(*must(store_->images().findByName("docker.io/library/base:latest"))));
  image.config.onBuild = {"LABEL triggered=yes", "COPY Dockerfile /copied"};
  auto made = must(store_->images().create(image.config, image.layers));
  must(store_->images().tag(made.id, "docker.io/library/base:latest"));
  for (const std::string& value : {std::string("docker-image://base"), "oci-layout://" + layout()}) {
    request_.contexts = {};
    name("app=" + value);
    auto result = must(store_->images().load(built("FROM app\nRUN cp /copied /copy\n").image));
    EXPECT_EQ(result.config.labels["triggered"], "yes") << value;
    EXPECT_EQ(fileInImage(result.id, "copy"), "FROM app\nRUN cp /copied /copy\n") << value;
    EXPECT_TRUE(result.config.onBuild.empty());
  }
}

TEST_F(BuildNamedTest, NCTX_7_DockerImageScratchIsEmpty) {
  name("base=docker-image://scratch");
  BuildResult result = built("FROM base\nCOPY Dockerfile /f\n");
  EXPECT_FALSE(isInImage(result.image, "bin"));
}

TEST_F(BuildNamedTest, NCTX_8_AnOciLayoutByTagDigestOrAlone) {
  std::string path = layout();
  std::string manifest =
      must(store_->images().load(*must(store_->images().findByName("docker.io/library/base:latest")))).manifest.str();
  for (const std::string& suffix : {std::string(), std::string(":latest"), "@" + manifest}) {
    request_.contexts = {};
    name("alpine=oci-layout://" + path + suffix);
    EXPECT_EQ(fileInImage(built("FROM alpine\nLABEL a=b\n").image, "etc/marker"), "one") << suffix;
    EXPECT_EQ(fileInImage(built("FROM scratch\nCOPY --from=alpine /etc/marker /m\n").image, "m"), "one");
  }
  request_.contexts = {};
  name("alpine=oci-layout://" + path + "@" + digestOf("nothing").str());
  dockerfile("FROM alpine\n");
  EXPECT_FAULT_SAYING(tryBuild(), FaultKind::NotFound, "the layout has no");
}

TEST_F(BuildNamedTest, NCTX_1_ATargetIsAStageWithItsConfiguration) {
  name("prepared=target:build");
  auto image = must(store_->images().load(
      built("FROM base AS build\nENV X=1\nRUN echo made > /made\nFROM prepared\nLABEL a=b\n").image));
  EXPECT_EQ(image.config.findEnv("X"), "1");
  EXPECT_EQ(fileInImage(image.id, "made"), "made\n");
}

TEST_F(BuildNamedTest, CTX_4_AGitContext) {
  request_.context = git();
  BuildResult result = mustBuild();
  EXPECT_EQ(fileInImage(result.image, "c/f"), "one");
  EXPECT_FALSE(isInImage(result.image, "c/.git"));
  request_.context = git("#main:sub");
  EXPECT_EQ(fileInImage(mustBuild().image, "s/g"), "in sub");
  request_.context = git();
  request_.buildArgs["SOURCE_DATE_EPOCH"] = "1800000000";
  EXPECT_EQ(statusInImage(mustBuild().image, "c/f").st_mtime, 1700000000);
}

TEST_F(BuildNamedTest, CTX_4_SubmodulesOfAGitContextCome) {
  GitRepository inner;
  inner.file("i", "inside");
  inner.commit();
  inner.publish(server_.directory() + "/git/inner.git");
  repository_.git({"submodule", "--quiet", "add", server_.url("/git/inner.git"), "module"});
  repository_.commit();
  repository_.publish(server_.directory() + "/git/x.git");
  request_.context = git();
  BuildResult result = mustBuild();
  EXPECT_EQ(fileInImage(result.image, "c/module/i"), "inside");
  EXPECT_FALSE(isInImage(result.image, "c/module/.git"));
  request_.buildArgs["SOURCE_DATE_EPOCH"] = "1800000000";
  request_.noCache = true;  // times are part of no key
  EXPECT_EQ(statusInImage(mustBuild().image, "c/module/i").st_mtime, 1700000000);
  request_.context = git("?submodules=false");
  EXPECT_FALSE(isInImage(mustBuild().image, "c/module/i"));
}

TEST_F(BuildNamedTest, IGN_2_NeitherStagesNorRepositoriesHaveAnIgnoreFile) {
  repository_.file(".dockerignore", "f\n");
  repository_.commit();
  repository_.publish(server_.directory() + "/git/x.git");
  request_.context = git();
  EXPECT_TRUE(isInImage(mustBuild().image, "c/f"));
  request_.context.clear();
  writeFile(context(".dockerignore"), "made\n");
  EXPECT_TRUE(
      isInImage(built("FROM base AS b\nRUN echo x > /made\nFROM scratch\nCOPY --from=b /made /m\n").image, "m"));
}

TEST_F(BuildNamedTest, CTX_4_BARG_1_TheRepositoryIsKeptByBuildArg) {
  request_.context = git();
  request_.buildArgs["BUILDKIT_CONTEXT_KEEP_GIT_DIR"] = "1";
  EXPECT_TRUE(isInImage(mustBuild().image, "c/.git/HEAD"));
}

TEST_F(BuildNamedTest, CTX_5_AUrlIsAnArchiveOrTheDockerfile) {
  auto packed = must(runProcess(
      {.argv = {"tar", "-C", repository_.directory(), "--exclude=.git", "-czf", server_.directory() + "/c.bin", "."}}));
  ASSERT_EQ(packed.exitCode, 0);
  request_.context = server_.url("/c.bin");
  EXPECT_EQ(fileInImage(mustBuild().image, "c/f"), "one");
  std::string text = "FROM scratch\nCOPY . /all/\n";
  server_.file("Dockerfile.web", text);
  request_.context = server_.url("/Dockerfile.web");
  request_.dockerfile = "ignored";
  BuildResult result = mustBuild();
  EXPECT_EQ(fileInImage(result.image, "all/context"), text);
}

TEST_F(BuildNamedTest, CTX_2_TheDockerfileFromAUrlOrInsideARemoteContext) {
  server_.file("D", "FROM scratch\nCOPY f /web\n");
  writeFile(context("f"), "local");
  request_.dockerfile = server_.url("/D");
  EXPECT_EQ(fileInImage(mustBuild().image, "web"), "local");
  request_.context = git();
  EXPECT_EQ(fileInImage(mustBuild().image, "web"), "one");
  request_.dockerfile = "sub/Dockerfile";
  EXPECT_EQ(fileInImage(mustBuild().image, "s/f"), "one");
  request_.dockerfile = "nowhere";
  EXPECT_FAULT_SAYING(tryBuild(), FaultKind::NotFound, "failed to read dockerfile");
}

/// Seconds that the image says it was made at.
class EpochTest : public BuildNamedTest {
protected:
  int64_t createdWith(const std::string& epoch, const std::string& text) {
    request_.buildArgs["SOURCE_DATE_EPOCH"] = epoch;
    dockerfile(text);
    auto image = must(store_->images().load(mustBuild().image));
    return image.config.created.value_or(-1) / 1'000'000'000;
  }
};

TEST_F(EpochTest, SDE_2_TheNumberReplacesTheWord) {
  name("src=" + git());
  EXPECT_EQ(createdWith("src", "FROM base\nARG SOURCE_DATE_EPOCH\nRUN echo now $SOURCE_DATE_EPOCH\n"), 1700000000);
  EXPECT_THAT(recorder_->output, ::testing::HasSubstr("now 1700000000"));
  request_.buildArgs.clear();
  dockerfile("ARG SOURCE_DATE_EPOCH=src\nFROM base\nARG SOURCE_DATE_EPOCH\nRUN echo global $SOURCE_DATE_EPOCH\n");
  mustBuild();
  EXPECT_THAT(recorder_->output, ::testing::HasSubstr("global 1700000000"));
  for (const char* wrong : {"yesterday", "12x", "99999999999999999999"}) {
    request_.buildArgs["SOURCE_DATE_EPOCH"] = wrong;
    EXPECT_FAULT_SAYING(tryBuild(), FaultKind::Invalid, std::string("invalid SOURCE_DATE_EPOCH: ") + wrong);
  }
}

TEST_F(EpochTest, SDE_6_WORKDIR_6_DirectoriesThatAWorkdirMakes) {
  request_.buildArgs["SOURCE_DATE_EPOCH"] = "1700000000";
  dockerfile("FROM base\nWORKDIR /a/b\nWORKDIR /etc\n");
  Digest image = mustBuild().image;
  EXPECT_EQ(statusInImage(image, "a").st_mtime, 1700000000);
  EXPECT_EQ(statusInImage(image, "a/b").st_mtime, 1700000000);
  EXPECT_EQ(statusInImage(image, "etc").st_mtime, 0);  // it was there
  request_.buildArgs["SOURCE_DATE_EPOCH"] = "1600000000";
  image = mustBuild().image;  // what was made for another time does not count
  EXPECT_EQ(statusInImage(image, "a/b").st_mtime, 1600000000);
  mustBuild();
  EXPECT_EQ(outcomes(), "HHH");
}

TEST_F(EpochTest, SDE_3_TheContextsTime) {
  EXPECT_GT(createdWith("context", "FROM base\nRUN true\n"), 1700000000);  // local: unset
  request_.context = git();
  request_.buildArgs["SOURCE_DATE_EPOCH"] = "context";
  auto created = [&] { return *must(store_->images().load(mustBuild().image)).config.created / 1'000'000'000; };
  EXPECT_EQ(created(), 1700000000);
  writeFile(directory_.path() + "/packed/Dockerfile", "FROM scratch\nCOPY . /\n");
  must(runProcess({.argv = {"touch", "-d", "@1600000000", directory_.path() + "/packed/Dockerfile"}}));
  must(runProcess({.argv = {"tar", "-C", directory_.path() + "/packed", "-cf", server_.directory() + "/t.tar", "."}}));
  request_.context = server_.url("/t.tar");
  EXPECT_EQ(created(), 1600000000);  // the newest file
  server_.behave("/t.tar", {{"lastModified", kDate}});
  EXPECT_EQ(created(), 1445412480);
}

TEST_F(EpochTest, SDE_4_ANamedContextsTime) {
  server_.file("f", "data");
  server_.behave("/f", {{"lastModified", kDate}});
  name("web=" + server_.url("/f"));
  name("repo=" + git());
  name("dir=" + extra());
  EXPECT_EQ(createdWith("web", "FROM base\nCOPY Dockerfile /\n"), 1445412480);
  EXPECT_EQ(createdWith("repo", "FROM base\nCOPY Dockerfile /\n"), 1700000000);
  EXPECT_GT(createdWith("dir", "FROM base\nRUN echo later\n"), 1700000000);
}

TEST_F(EpochTest, SDE_5_AStageThatIsNothingButItsSource) {
  std::string rest = "\nFROM base\nCOPY --from=src . /s/\n";
  EXPECT_EQ(createdWith("src", "FROM scratch AS src\nARG URL=" + git() + "\nADD $URL /\n" + rest), 1700000000);
  auto refusal = [&](const std::string& stage) {
    request_.buildArgs["SOURCE_DATE_EPOCH"] = "src";
    dockerfile(stage + rest);
    return testing::faultOf(tryBuild()).message;
  };
  EXPECT_THAT(refusal("FROM base AS src\nADD " + git() + " /"), ::testing::HasSubstr("source-only requirements"));
  EXPECT_THAT(refusal("FROM scratch AS src\nADD " + git() + " /\nENV A=1"),
              ::testing::HasSubstr("source-only requirements"));
  EXPECT_THAT(refusal("FROM scratch AS src\nADD Dockerfile /"), ::testing::HasSubstr("exactly one remote ADD"));
  EXPECT_THAT(refusal("FROM scratch AS src\nADD " + git() + " /\nADD " + git() + " /b"),
              ::testing::HasSubstr("exactly one remote ADD"));
}

}  // namespace
}  // namespace strata::builder

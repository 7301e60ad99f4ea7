#include "builder/build.h"

#include "layerfs/layer_tar.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <mutex>
#include <thread>

namespace strata::builder {
namespace {
using Outcome = BuildStep::Outcome;
using testing::must;
using testing::writeFile;

/// Keeps what the steps printed and how each ended.
class Recorder : public SilentProgress {
public:
  void onStep(const StepNews& news) override {
    std::lock_guard lock(mutex_);
    states[news.name] = news.state;
  }
  void onOutput(const StepOutput& news) override {
    std::lock_guard lock(mutex_);
    output += news.text;
  }
  std::map<std::string, StepState> states;
  std::string output;

private:
  std::mutex mutex_;
};

/// A real store with a real base: busybox and its shell. Needs root for mounts and the sandbox.
class BuildTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "building with RUN needs root: mounts and namespaces";
    if (!pathExists("/bin/busybox")) GTEST_SKIP() << "package busybox-static is not installed";
    store_ = must(layerfs::Store::open({.root = directory_.path() + "/store"}));
    addBase("base", "one");
  }

  /// An image whose /etc/marker holds `marker`.
  void addBase(llvm::StringRef name, llvm::StringRef marker) {
    TempDir root = testing::makeTempDir();
    must(makeDirectories(root.path() + "/bin"));
    must(makeDirectories(root.path() + "/tmp"));
    writeFile(root.path() + "/bin/busybox", must(readFile("/bin/busybox")), 0755);
    for (const char* applet : {"sh", "echo", "cat", "ls", "touch", "sleep", "rm", "mkdir", "date", "test", "true",
                               "false", "stat", "id", "env", "ln", "chmod", "wc", "dd"})
      ASSERT_EQ(::symlink("busybox", (root.path() + "/bin/" + applet).c_str()), 0);
    writeFile(root.path() + "/etc/marker", marker);
    writeFile(root.path() + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nada:x:1000:100:Ada:/home/ada:/bin/sh\n");
    writeFile(root.path() + "/etc/group", "root:x:0:\nusers:x:100:\n");
    StringSink tar;
    layerfs::LayerTarWriter writer(tar);
    must(layerfs::walkLayerDirectory(root.path(), [&](const layerfs::LayerEntry& entry, ByteSource& content) {
      layerfs::LayerEntry timeless = entry;  // the same base in every store
      timeless.mtime = 0;
      return writer.add(timeless, entry.kind == layerfs::EntryKind::File ? &content : nullptr);
    }));
    must(writer.finish());
    StringSource source(tar.text);
    auto layer = must(store_->layers().addTar(source));
    layerfs::ImageConfig config;
    config.platform = layerfs::hostPlatform();
    config.env = {"PATH=/bin"};
    config.created = 1'000'000'000;
    config.history = {{.created = 1'000'000'000, .createdBy = "import"}};
    auto image = must(store_->images().create(config, {layer}));
    must(store_->images().tag(image.id, ("docker.io/library/" + name + ":latest").str()));
  }

  std::string context(llvm::StringRef file) { return directory_.path() + "/context/" + file.str(); }
  void dockerfile(llvm::StringRef text) { writeFile(context("Dockerfile"), text); }

  llvm::Expected<BuildResult> tryBuild() {
    recorder_ = std::make_unique<Recorder>();
    request_.context = directory_.path() + "/context";
    return build(request_, *store_, *recorder_, cancel_);
  }
  BuildResult mustBuild() { return must(tryBuild()); }
  Build journal(llvm::StringRef which = "last") { return must(must(Journal::open(store_->database()))->load(which)); }
  /// Outcomes of the last build in step order, a letter each: hit H, executed E, failed F, skipped S.
  std::string outcomes() {
    std::string letters;
    for (const BuildStep& step : journal().steps) letters += "HEFCS"[size_t(step.outcome)];
    return letters;
  }
  std::string fileInImage(const Digest& image, llvm::StringRef path) {
    auto loaded = must(store_->images().load(image));
    auto snapshot = must(must(store_->snapshotter())->mount({.layers = loaded.layers}));
    auto fd = must(openFile(path.str(), O_RDONLY, 0, snapshot->rootFd()));
    return must(readFd(fd.get()));
  }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<layerfs::Store> store_;
  std::unique_ptr<Recorder> recorder_;
  CancelToken cancel_;
  BuildRequest request_;
};

TEST_F(BuildTest, BuildsRunsAndCopiesThenTakesAllFromTheCache) {
  dockerfile("FROM base\nWORKDIR /app\nCOPY a .\nRUN cat a > b && echo more >> b\nENV X=1\nCMD [\"cat\", \"b\"]\n");
  writeFile(context("a"), "hello\n");
  BuildResult first = mustBuild();
  EXPECT_EQ(outcomes(), "HEEE");
  EXPECT_EQ(fileInImage(first.image, "app/b"), "hello\nmore\n");
  BuildResult second = mustBuild();
  EXPECT_EQ(outcomes(), "HHHH");
  EXPECT_EQ(second.image, first.image);
  EXPECT_EQ(second.descriptor.digest, first.descriptor.digest);
}

TEST_F(BuildTest, CACHE_4_TouchingAFileIsNoChange) {
  dockerfile("FROM base\nCOPY a /a\nRUN cat a\n");
  writeFile(context("a"), "same");
  mustBuild();
  ASSERT_EQ(::utimensat(AT_FDCWD, context("a").c_str(), nullptr, 0), 0);
  mustBuild();
  EXPECT_EQ(outcomes(), "HHH");
}

TEST_F(BuildTest, AChangedFileRebuildsFromItsCopyOnly) {
  dockerfile("FROM base\nCOPY a /a\nRUN echo one\nCOPY b /b\nRUN cat /b\n");
  writeFile(context("a"), "a");
  writeFile(context("b"), "b");
  mustBuild();
  writeFile(context("b"), "changed");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHHEE");
  EXPECT_NE(recorder_->output.find("changed"), std::string::npos);
}

TEST_F(BuildTest, ANewBaseRunsAgainButDoesNotCopyAgain) {
  dockerfile("FROM base\nCOPY a /a\nRUN cat /etc/marker\n");
  writeFile(context("a"), "a");
  mustBuild();
  addBase("base", "two");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHE");
  EXPECT_NE(recorder_->output.find("two"), std::string::npos);
}

TEST_F(BuildTest, CACHE_6_ARebuiltStageWithTheSameFilesIsCopiedFromTheCache) {
  dockerfile(
      "FROM base AS a\nARG V=1\nRUN echo $V >/dev/null; echo fixed > /out\nFROM base\nCOPY --from=a /out /out\nRUN cat "
      "/out\n");
  mustBuild();
  request_.buildArgs["V"] = "2";
  mustBuild();
  EXPECT_EQ(outcomes(), "HEHHH");
}

TEST_F(BuildTest, CACHE_8_NoCacheRunsEverything) {
  dockerfile("FROM base\nCOPY a /a\nRUN true\n");
  writeFile(context("a"), "a");
  mustBuild();
  request_.noCache = true;
  mustBuild();
  EXPECT_EQ(outcomes(), "HEE");
  EXPECT_EQ(journal().steps[2].miss, BuildStep::Miss::NoCache);
}

TEST_F(BuildTest, AFailedRunSkipsDependantsAndKeepsItsSiblingsWork) {
  dockerfile(
      "FROM base AS good\nRUN sleep 0.3; echo fine > /out\nFROM base AS bad\nRUN sleep 0.1; exit 7\nRUN echo never\n"
      "FROM base\nCOPY --from=good /out /good\nCOPY --from=bad /out /bad\n");
  EXPECT_FAULT_SAYING(tryBuild(), FaultKind::Invalid, "did not complete successfully: exit code: 7");
  EXPECT_EQ(recorder_->output.find("never"), std::string::npos);
  Build failed = journal();
  EXPECT_FALSE(failed.succeeded);
  for (const BuildStep& step : failed.steps) EXPECT_LE(step.duration, failed.duration) << step.name;
  dockerfile("FROM base AS good\nRUN sleep 0.3; echo fine > /out\nFROM base\nCOPY --from=good /out /good\n");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHHE");
}

TEST_F(BuildTest, ERR_4_AFailedRunShowsItsLines) {
  dockerfile("FROM base\nRUN echo a && \\\n    exit 3\n");
  EXPECT_FAULT_SAYING(tryBuild(), FaultKind::Invalid, ">>> RUN echo a");
}

TEST_F(BuildTest, IndependentStagesRunAtTheSameTime) {
  dockerfile(
      "FROM base AS a\nRUN sleep 0.5\nFROM base AS b\nRUN sleep 0.5; true\nFROM base\nCOPY --from=a /etc/marker "
      "/a\nCOPY --from=b /etc/marker /b\n");
  mustBuild();
  Build build = journal();
  std::vector<const BuildStep*> runs;
  for (const BuildStep& step : build.steps)
    if (step.instruction == "run") runs.push_back(&step);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_LT(std::max(runs[0]->started, runs[1]->started),
            std::min(runs[0]->started + runs[0]->duration, runs[1]->started + runs[1]->duration));
}

TEST_F(BuildTest, RUN_5_RunsAsTheUserOfTheImage) {
  dockerfile("FROM base\nUSER ada\nRUN id -u; id -g; echo $HOME\n");
  mustBuild();
  EXPECT_NE(recorder_->output.find("1000\n100\n/home/ada\n"), std::string::npos) << recorder_->output;
}

TEST_F(BuildTest, RUN_8_MountPointsAndTheirFilesAreNoPartOfTheLayer) {
  dockerfile("FROM base\nRUN true\n");
  BuildResult result = mustBuild();
  auto image = must(store_->images().load(result.image));
  std::vector<std::string> paths;
  must(image.layers.back()->walk([&](const layerfs::LayerEntry& entry, ByteSource&) {
    if (!entry.path.empty()) paths.push_back(entry.path);
    return llvm::Error::success();
  }));
  EXPECT_THAT(paths, ::testing::IsEmpty());
}

TEST_F(BuildTest, RUN_8_RemovedFilesAreGone) {
  dockerfile("FROM base\nRUN rm /etc/marker\nRUN test ! -e /etc/marker && mkdir /etc/marker\n");
  BuildResult result = mustBuild();
  auto image = must(store_->images().load(result.image));
  EXPECT_EQ(image.layers.size(), 3u);
}

TEST_F(BuildTest, HDOC_16_AScriptRunsByItsInterpreter) {
  dockerfile("FROM base\nRUN <<EOF\n#!/bin/sh -e\necho script $0\nEOF\n");
  mustBuild();
  EXPECT_NE(recorder_->output.find("script /dev/pipes/EOF"), std::string::npos) << recorder_->output;
}

TEST_F(BuildTest, SDE_9_TheSameEpochGivesTheSameImageInTwoStores) {
  dockerfile("FROM base\nWORKDIR /w/x\nCOPY a .\nENV A=1\n");
  writeFile(context("a"), "a");
  request_.buildArgs["SOURCE_DATE_EPOCH"] = "1000";
  BuildResult first = mustBuild();
  store_ = must(layerfs::Store::open({.root = directory_.path() + "/second"}));
  addBase("base", "one");
  BuildResult second = mustBuild();
  EXPECT_EQ(first.image, second.image);
}

TEST_F(BuildTest, CACHE_10_MetadataAloneGivesTheSameImageEveryTime) {
  dockerfile("FROM base\nLABEL a=b\n");
  EXPECT_EQ(mustBuild().image, mustBuild().image);
}

TEST_F(BuildTest, CFG_1_AScratchImageHasAWorkdirAndAPath) {
  dockerfile("FROM scratch\nCOPY a /\n");
  writeFile(context("a"), "a");
  auto image = must(store_->images().load(mustBuild().image));
  EXPECT_EQ(image.config.workingDir, "/");
  EXPECT_TRUE(image.config.findEnv("PATH").has_value());
  EXPECT_EQ(image.config.history.back().createdBy, "COPY a / # buildkit");
}

TEST_F(BuildTest, ALayerThatIsGoneIsBuiltAgain) {
  dockerfile("FROM base\nRUN echo x > /x\n");
  mustBuild();
  must(store_->layers().remove({journal().steps[1].layer}));
  BuildResult result = mustBuild();
  EXPECT_EQ(outcomes(), "HE");
  EXPECT_EQ(journal().steps[1].miss, BuildStep::Miss::LayerGone);
  EXPECT_EQ(fileInImage(result.image, "x"), "x\n");
}

TEST_F(BuildTest, StoppingEndsTheBuildAndNamesIt) {
  dockerfile("FROM base\nRUN sleep 30\n");
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    cancel_.cancel();
  });
  EXPECT_FAULT(tryBuild(), FaultKind::Cancelled);
  stopper.join();
}

TEST_F(BuildTest, CopyOfAMissingFilePointsAtTheLine) {
  dockerfile("FROM base\nCOPY nothere /x\n");
  auto seen = testing::faultOf(tryBuild());
  EXPECT_THAT(seen.message, ::testing::HasSubstr("\"/nothere\": not found"));
  EXPECT_THAT(seen.message, ::testing::HasSubstr(">>> COPY nothere /x"));
}

TEST_F(BuildTest, AMissingBaseIsNotFound) {
  dockerfile("FROM nosuch\n");
  EXPECT_FAULT_SAYING(tryBuild(), FaultKind::NotFound, "nosuch");
}

}  // namespace
}  // namespace strata::builder

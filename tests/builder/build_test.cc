#include "builder/build.h"

#include "builder/context/stat_index.h"
#include "tests/builder/build_fixture.h"

#include <filesystem>
#include <thread>

namespace strata::builder {
namespace {
using Outcome = BuildStep::Outcome;
using testing::must;
using testing::writeFile;

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

TEST_F(BuildTest, ALayerMadeOutOfTheOneBeforeIsTheLayerThatReadingGives) {
  for (int i = 0; i < 300; ++i) writeFile(context("d/f" + std::to_string(i)), "text " + std::to_string(i));
  dockerfile("FROM base\nCOPY d /d\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // what is written in this tick is read again
  mustBuild();
  std::string kept = directory_.path() + "/store/context";
  StatIndex index = StatIndex::load(std::filesystem::directory_iterator(kept)->path());
  ASSERT_EQ(index.directory("d").size(), 300u);
  EXPECT_NE(index.directory("d").place(0).layer, 0u);
  for (bool noCache : {false, true}) {
    request_.noCache = noCache;
    writeFile(context("d/f7"), noCache ? "once more" : "changed");
    writeFile(context("d/f300"), noCache ? "longer than it was" : "new");
    Digest again = mustBuild().image;
    store_ = must(layerfs::Store::open({.root = directory_.path() + "/other" + (noCache ? "1" : "0")}));
    addBase("base", "one");
    auto diffIdsOf = [&](const Digest& image) { return must(store_->images().load(image)).config.diffIds; };
    auto read = diffIdsOf(mustBuild().image);
    store_ = must(layerfs::Store::open({.root = directory_.path() + "/store"}));
    EXPECT_EQ(diffIdsOf(again), read);
  }
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

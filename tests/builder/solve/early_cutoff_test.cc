#include "builder/solve/early_cutoff.h"

#include "tests/builder/build_fixture.h"

#include <thread>

namespace strata::builder {
namespace {

/// What is different between two runs of the first step is $N, out of a file that the second step does not see; the
/// second step tells whether the first was cut off.
class EarlyCutoffTest : public BuildTest {
protected:
  void SetUp() override {
    BuildTest::SetUp();
    if (!IsSkipped()) writeFile(context("keep"), "");
  }
  /// Builds with N=1, then with N=2; the outcomes of the second build.
  std::string outcomesOfSecond(const std::string& command) {
    dockerfile("FROM base\nRUN --mount=type=bind,source=n,target=/n N=$(cat /n); " + command +
               "\nRUN echo below > /below\n");
    for (const char* value : {"1", "2"}) {
      writeFile(context("n"), value);
      mustBuild();
    }
    return outcomes();
  }
  std::vector<Digest> layersOf(const Digest& image) {
    std::vector<Digest> digests;
    for (const layerfs::DiffId& id : must(store_->images().load(image)).config.diffIds) digests.push_back(id.digest);
    return digests;
  }
};

TEST_F(EarlyCutoffTest, TheSameFilesKeepEverythingBelowCached) {
  EXPECT_EQ(outcomesOfSecond("sleep 0.$N; echo same > /f; mkdir /d; chmod 700 /d; ln -s f /d/l"), "HEH");
  EXPECT_TRUE(journal().steps[1].unchanged);
  EXPECT_EQ(recorder_->details[journal().steps[1].name], "same files as before");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHH");  // the second key is remembered too
}

TEST_F(EarlyCutoffTest, AnythingButTimesIsADifference) {
  for (const char* command : {"echo $N > /f", "echo same > /f; chmod 60$N /f", "mkdir /a; [ $N = 1 ] || mkdir /a/empty",
                              "echo x > /f; if [ $N = 1 ]; then ln /f /g; else cat /f > /g; fi",
                              "if [ $N = 1 ]; then rm /etc/marker; fi", "ln -s $N /link", "mkdir /d; chmod $N$N$N /d"})
    EXPECT_EQ(outcomesOfSecond(command), "HEE") << command;
}

TEST_F(EarlyCutoffTest, WhatDiffersIsNamed) {
  outcomesOfSecond("echo same > /f; mkdir /log; echo took 0.$N > /log/time");
  BuildStep step = journal().steps[1];
  ASSERT_TRUE(step.output);
  auto trees = must(TreeStore::open(store_->database()));
  std::vector<TreeChange> changes = must(diffTrees(*trees, step.earlierOutput, step.output));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].path, "log/time");
  EXPECT_EQ(changes[0].kind, TreeChange::Kind::Modified);
}

TEST_F(EarlyCutoffTest, TheImageKeepsItsDigest) {
  dockerfile(
      "FROM base\nRUN --mount=type=bind,source=main.c,target=/main.c wc -l < /main.c > /app\nRUN cat /app > /copy\n");
  writeFile(context("main.c"), "/* one */\n");
  BuildResult first = mustBuild();
  writeFile(context("main.c"), "/* two */\n");
  BuildResult second = mustBuild();
  EXPECT_EQ(outcomes(), "HEH");
  EXPECT_EQ(second.descriptor.digest, first.descriptor.digest);
}

TEST_F(EarlyCutoffTest, NoCacheRunsAndKeepsWhatIsTheSame) {
  dockerfile("FROM base\nRUN echo one > /a\nRUN cat /a > /b\nCOPY keep /keep\nWORKDIR /w\n");
  BuildResult first = mustBuild();
  request_.noCache = true;
  BuildResult second = mustBuild();
  EXPECT_EQ(outcomes(), "HEEEE");
  EXPECT_EQ(second.image, first.image);
}

TEST_F(EarlyCutoffTest, ARerunWithOtherFilesIsRunUponAgain) {
  dockerfile(
      "FROM base AS a\nRUN cat /proc/sys/kernel/random/uuid > /id\nFROM a AS b\nRUN cat /id > /copy\nRUN echo c > "
      "/c\n");
  mustBuild();
  request_.noCacheStages = {"a"};
  BuildResult second = mustBuild();
  EXPECT_EQ(outcomes(), "HEEE");
  EXPECT_EQ(fileInImage(second.image, "copy"), fileInImage(second.image, "id"));
  request_.noCacheStages.clear();
  EXPECT_EQ(mustBuild().image, second.image);
  EXPECT_EQ(outcomes(), "HHHH");
}

TEST_F(EarlyCutoffTest, AStepThatLeavesNothingMayComeAndGo) {
  dockerfile("FROM base\nRUN echo a > /a\nRUN cat /a > /b\n");
  mustBuild();
  dockerfile("FROM base\nRUN echo a > /a\nRUN test -f /a\nRUN cat /a > /b\n");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHEH");
  dockerfile("FROM base\nRUN echo a > /a\nRUN test -f /a && echo fine\nRUN cat /a > /b\n");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHEH");
}

TEST_F(EarlyCutoffTest, TheSameLineTwiceRunsTwice) {
  dockerfile(
      "FROM base\nRUN echo said\nRUN echo said\nRUN --mount=type=bind,target=/c echo said\nRUN "
      "--mount=type=bind,target=/c echo said\n");
  mustBuild();
  EXPECT_EQ(outcomes(), "HEEEE");
  EXPECT_EQ(recorder_->output, "said\nsaid\nsaid\nsaid\n");
  mustBuild();
  EXPECT_EQ(outcomes(), "HHHHH");
}

TEST_F(EarlyCutoffTest, AnEarlierLayerThatIsGoneIsPassedOver) {
  dockerfile("FROM base\nRUN echo same > /f\nRUN cat /f > /g\n");
  BuildResult first = mustBuild();
  must(store_->images().remove(first.image));
  must(store_->layers().remove({journal().steps[1].layer}));
  dockerfile("FROM base\nRUN echo same > /f # edited\nRUN cat /f > /g\n");
  BuildResult second = mustBuild();
  EXPECT_EQ(outcomes(), "HEE");
  EXPECT_EQ(fileInImage(second.image, "g"), "same\n");
}

TEST_F(EarlyCutoffTest, AnotherBaseKeepsTheLayerWhereNothingRunsAboveIt) {
  dockerfile("FROM base\nRUN echo lower > /lower\nRUN echo upper > /upper\nCOPY keep /keep\n");
  std::vector<Digest> before = layersOf(mustBuild().image);
  addBase("base", "two");
  std::vector<Digest> after = layersOf(mustBuild().image);
  EXPECT_EQ(outcomes(), "HEEH");
  ASSERT_EQ(before.size(), 4u);
  EXPECT_NE(after[0], before[0]);
  EXPECT_NE(after[1], before[1]);  // the RUN above would see it older than what it stands on
  EXPECT_EQ(after[2], before[2]);
  EXPECT_EQ(after[3], before[3]);
}

TEST_F(EarlyCutoffTest, AnArchivePackedAgainIsTheSame) {
  dockerfile("FROM base\nADD a.tar /x/\nRUN cat /x/file > /copy\n");
  auto pack = [&](int64_t time) {
    StringSink tar;
    layerfs::LayerTarWriter writer(tar);
    StringSource content("hello");
    must(writer.add({.path = "file", .mode = 0644, .size = 5, .mtime = time}, &content));
    must(writer.finish());
    writeFile(context("a.tar"), tar.text);
  };
  pack(1'000'000'000'000);
  BuildResult first = mustBuild();
  pack(2'000'000'000'000);
  BuildResult second = mustBuild();
  EXPECT_EQ(outcomes(), "HEH");
  EXPECT_EQ(second.image, first.image);
}

TEST_F(EarlyCutoffTest, EpochsAreNotMixed) {
  dockerfile("FROM base\nWORKDIR /w\n");
  for (const char* epoch : {"1000", "2000"}) {
    request_.buildArgs["SOURCE_DATE_EPOCH"] = epoch;
    EXPECT_EQ(std::to_string(statusInImage(mustBuild().image, "w").st_mtime), epoch);
  }
}

TEST_F(EarlyCutoffTest, BuildsAtOnceAgree) {
  dockerfile("FROM base\nRUN echo same > /f\nRUN cat /f > /g\n");
  Digest first = mustBuild().image;
  request_.noCache = true;
  auto buildOften = [&] {
    auto store = must(layerfs::Store::open({.root = directory_.path() + "/store"}));
    SilentProgress silent;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(must(build(request_, *store, silent, cancel_)).image, first);
  };
  std::thread other(buildOften);
  buildOften();
  other.join();
}

}  // namespace
}  // namespace strata::builder

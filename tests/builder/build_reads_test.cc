#include "builder/journal/step_reads.h"
#include "tests/builder/build_fixture.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;

class BuildReadsTest : public BuildTest {
protected:
  void SetUp() override {
    BuildTest::SetUp();
    request_.traceReads = true;
    for (int i = 0; i < 200; ++i)
      writeFile(context("src/d" + std::to_string(i % 10) + "/" + std::to_string(i)), "1234");
  }
  std::optional<StepReads> readsOf(llvm::StringRef name) {
    for (const BuildStep& step : journal().steps)
      if (llvm::StringRef(step.name).contains(name))
        return must(must(ReadStore::open(store_->database()))->find(step.key));
    ADD_FAILURE() << "no step " << name.str();
    return std::nullopt;
  }
  static std::vector<std::string> pathsOf(const ReadSource& source) {
    std::vector<std::string> paths;
    for (const ReadFile& file : source.read) paths.push_back(file.path);
    return paths;
  }
};

TEST_F(BuildReadsTest, SaysWhatARunOpenedOfEachStepBeforeIt) {
  dockerfile("FROM base\nCOPY src /src\nRUN echo new > /made\nRUN cat /src/d1/1 /src/d3/103 /made; ls /src/d5\n");
  std::string id = mustBuild().buildId;
  auto reads = readsOf("cat");
  ASSERT_TRUE(reads);
  EXPECT_EQ(reads->build, id);
  EXPECT_FALSE(reads->incomplete);
  ASSERT_EQ(reads->sources.size(), 3u);
  EXPECT_EQ(reads->sources[0].instruction, "from");
  EXPECT_EQ(reads->sources[0].read, (std::vector<ReadFile>{{"bin/busybox", true}}));
  const ReadSource& copy = reads->sources[1];
  EXPECT_EQ(copy.files, 200u);
  EXPECT_EQ(copy.bytes, 800u);
  EXPECT_EQ(copy.readFiles, 2u);
  EXPECT_THAT(pathsOf(copy), ElementsAre("src/d1/1", "src/d3/103"));
  EXPECT_EQ(copy.firstLine, 2u);
  EXPECT_EQ(stepOf(copy, journal()), 1u);
  EXPECT_THAT(copy.unread, ::testing::Contains(UnreadPath{"src/d5", true, 20, 80}));
  EXPECT_THAT(pathsOf(reads->sources[2]), ElementsAre("made"));
  EXPECT_THAT(reads->listed, ElementsAre("src/d5"));
}

TEST_F(BuildReadsTest, AStepOutOfTheCacheHasWhatItsExecutionRead) {
  dockerfile("FROM base\nCOPY src /src\nRUN cat /src/d1/1\n");
  std::string first = mustBuild().buildId;
  mustBuild();
  EXPECT_EQ(outcomes(), "HHH");
  EXPECT_EQ(readsOf("cat")->build, first);
  request_.noCache = true;
  std::string again = mustBuild().buildId;
  EXPECT_EQ(readsOf("cat")->build, again);
}

TEST_F(BuildReadsTest, TracingIsNoPartOfAnyKey) {
  dockerfile("FROM base\nCOPY src /src\nRUN cat /src/d1/1\n");
  request_.traceReads = false;
  Digest image = mustBuild().image;
  EXPECT_EQ(readsOf("cat"), std::nullopt);
  request_.traceReads = true;
  EXPECT_EQ(mustBuild().image, image);
  EXPECT_EQ(outcomes(), "HHH");
  EXPECT_EQ(readsOf("cat"), std::nullopt);
}

TEST_F(BuildReadsTest, StagesAtTheSameTimeAreApart) {
  std::string text, last = "FROM base\n";
  for (llvm::StringRef stage : {"1", "2", "3", "4"}) {
    text += ("FROM base AS s" + stage + "\nCOPY src /src\nRUN sleep 0.2; cat /src/d" + stage + "/" + stage +
             "; sleep 0.2; touch /done" + stage + "\n")
                .str();
    last += ("COPY --from=s" + stage + " /done" + stage + " /\n").str();
  }
  dockerfile(text + last);
  mustBuild();
  for (std::string stage : {"1", "2", "3", "4"}) {
    auto reads = readsOf("cat /src/d" + stage);
    ASSERT_TRUE(reads);
    ASSERT_EQ(reads->sources.size(), 2u);
    EXPECT_THAT(pathsOf(reads->sources[1]), ElementsAre("src/d" + stage + "/" + stage));
  }
}

TEST_F(BuildReadsTest, AFailedRunLeavesNone) {
  dockerfile("FROM base\nCOPY src /src\nRUN cat /src/d1/1 && false\n");
  llvm::consumeError(tryBuild().takeError());
  EXPECT_EQ(outcomes(), "HEF");
  EXPECT_EQ(readsOf("cat"), std::nullopt);
}

TEST_F(BuildReadsTest, FilesOfMountsAreNotThoseOfSteps) {
  dockerfile(
      "FROM base\nCOPY src /src\n"
      "RUN --mount=type=bind,source=src,target=/bound --mount=type=cache,target=/cache cat /bound/d1/1 > /cache/x\n");
  mustBuild();
  auto reads = readsOf("bound");
  ASSERT_TRUE(reads);
  ASSERT_EQ(reads->sources.size(), 2u);
  EXPECT_EQ(reads->sources[1].readFiles, 0u);
  EXPECT_EQ(reads->sources[1].unread, (std::vector<UnreadPath>{{"", true, 200, 800}}));
}
}  // namespace
}  // namespace strata::builder

#include "analyzer/causes/content_diff.h"

#include "analyzer/causes/invalidation.h"
#include "tests/builder/build_fixture.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Two real builds, and what is shown of the second one.
class ContentDiffTest : public builder::BuildTest {
protected:
  void SetUp() override {
    BuildTest::SetUp();
    if (IsSkipped()) return;
    writeFile(context("src/a"), "one\n");
  }

  /// Of a step, from 0, of the last build: a text each, or why there is none.
  std::vector<std::string> diffs(size_t step) {
    auto journal = must(builder::Journal::open(store_->database()));
    auto trees = must(builder::TreeStore::open(store_->database()));
    builder::Build build = must(journal->load("last"));
    StepReason reason = must(reasonsFor(build, *journal, *trees))[step];
    std::vector<std::string> texts;
    for (const ContentDiff& diff : must(contentDiffs(reason, build.steps[step], build, store_->layers())))
      texts.push_back(diff.text.empty() ? diff.path + ": " + diff.whyNot : diff.text);
    return texts;
  }
  std::vector<std::string> rebuilt(llvm::StringRef text, size_t step) {
    dockerfile(text);
    mustBuild();
    return diffs(step);
  }
};

TEST_F(ContentDiffTest, OfWhatARunLeft) {
  rebuilt("FROM base\nRUN echo short >/made\n", 1);
  EXPECT_THAT(rebuilt("FROM base\nRUN echo quite long >/made\n", 1),
              ElementsAre("--- a/made\n+++ b/made\n@@ -1,1 +1,1 @@\n-short\n+quite long\n"));
}

TEST_F(ContentDiffTest, OfWhatARunLeftInFilesOfOneSize) {
  rebuilt("FROM base\nRUN echo one >/made\n", 1);
  EXPECT_THAT(rebuilt("FROM base\nRUN echo two >/made\n", 1), ElementsAre(HasSubstr("-one\n+two\n")));
}

TEST_F(ContentDiffTest, OfAHereDocument) {
  rebuilt("FROM base\nCOPY <<END /note\none word\nEND\n", 1);
  EXPECT_THAT(rebuilt("FROM base\nCOPY <<END /note\nanother word\nEND\n", 1),
              ElementsAre("--- a/note\n+++ b/note\n@@ -1,1 +1,1 @@\n-one word\n+another word\n"));
}

TEST_F(ContentDiffTest, OfFilesThatARunBinds) {
  const std::string text = "FROM base\nRUN --mount=type=bind,source=src,target=/in cat /in/a\n";
  rebuilt(text, 1);
  writeFile(context("src/a"), "one\nthree\n");
  EXPECT_THAT(rebuilt(text, 1), ElementsAre("--- a/in/a\n+++ b/in/a\n@@ -1,1 +1,2 @@\n one\n+three\n"));
  // also where it fails
  writeFile(context("src/a"), "four\n");
  dockerfile("FROM base\nRUN --mount=type=bind,source=src,target=/in cat /in/a; false\n");
  EXPECT_FAULT(tryBuild(), FaultKind::Invalid);
  EXPECT_THAT(diffs(1), ElementsAre(HasSubstr("-one\n-three\n+four\n")));
}

TEST_F(ContentDiffTest, OfFilesThatARunBindsOutOfAStage) {
  const std::string rest = " >/made\nFROM base\nRUN --mount=type=bind,from=one,target=/in cat /in/made\n";
  rebuilt("FROM base AS one\nRUN echo 1" + rest, 3);
  EXPECT_THAT(rebuilt("FROM base AS one\nRUN echo 2" + rest, 3), ElementsAre(HasSubstr("-1\n+2\n")));
}

TEST_F(ContentDiffTest, WhatWasPrunedIsSaid) {
  const std::string text = "FROM base\nRUN --mount=type=bind,source=src,target=/in cat /in/a\n";
  rebuilt(text, 1);
  const std::vector<int64_t> shown = journal().steps[1].mountLayers;
  ASSERT_EQ(shown.size(), 1u);
  must(store_->layers().remove(layerfs::LayerId{shown[0]}));
  writeFile(context("src/a"), "one\nthree\n");
  EXPECT_THAT(rebuilt(text, 1), ElementsAre("in/a: its earlier content is not stored any more"));
}

}  // namespace
}  // namespace strata::analyzer

#include "analyzer/history/recorded_times.h"

#include "builder/journal/file_tree.h"
#include "tests/analyzer/history/builds.h"
#include "tests/support/testing.h"

#include <gmock/gmock.h>

namespace strata::analyzer {
namespace {
using strata::testing::must;
using ::testing::ElementsAre;
using ::testing::Optional;

class RecordedTimesTest : public ::testing::Test {
protected:
  std::vector<std::optional<int64_t>> timesOf(const BuildWriter& planned) {
    return must(recordedTimes(planned.build, *journal_));
  }
  void write(const BuildWriter& writer) { must(journal_->write(writer.build)); }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/strata.db"));
  std::unique_ptr<builder::Journal> journal_ = must(builder::Journal::open(*database_));
};

TEST_F(RecordedTimesTest, TheLatestExecutionCounts) {
  BuildWriter first, second, planned;
  first.add("RUN make", 0, 5, {});
  second.add("RUN make", 0, 7, {});
  planned.add("RUN make", 0, 0, {});
  write(first);
  write(second);
  EXPECT_THAT(timesOf(planned), ElementsAre(Optional(7 * kSecond)));
}

TEST_F(RecordedTimesTest, AHitCountsAsWhatItsExecutionTook) {
  BuildWriter hit, planned;
  hit.addHit("RUN make", {}).recordedDuration = 3 * kSecond;
  planned.add("RUN make", 0, 0, {});
  write(hit);
  EXPECT_THAT(timesOf(planned), ElementsAre(Optional(3 * kSecond)));
}

TEST_F(RecordedTimesTest, FailedAndSkippedStepsAreLookedForFurtherBack) {
  BuildWriter whole, broken, planned;
  for (const char* text : {"RUN make", "RUN test"}) {
    whole.add(text, 0, 2, {});
    broken.add(text, 0, 9, {}).outcome = builder::BuildStep::Outcome::Failed;
    planned.add(text, 0, 0, {});
  }
  broken.build.steps[1].outcome = builder::BuildStep::Outcome::Skipped;
  write(whole);
  write(broken);
  EXPECT_THAT(timesOf(planned), ElementsAre(Optional(2 * kSecond), Optional(2 * kSecond)));
}

TEST_F(RecordedTimesTest, OtherTargetsOfTheDockerfileAreAskedLast) {
  BuildWriter other, planned;
  other.build.target = "test";
  other.add("RUN make", 0, 4, {});
  planned.add("RUN make", 0, 0, {});
  write(other);
  EXPECT_THAT(timesOf(planned), ElementsAre(Optional(4 * kSecond)));
}

TEST_F(RecordedTimesTest, WhatNeverRanHasNoTimeAndOtherProjectsDoNotCount) {
  BuildWriter elsewhere, planned;
  elsewhere.build.context = "/elsewhere";
  elsewhere.add("RUN make", 0, 4, {});
  planned.add("RUN make", 0, 0, {});
  write(elsewhere);
  EXPECT_THAT(timesOf(planned), ElementsAre(std::optional<int64_t>()));
}
}  // namespace
}  // namespace strata::analyzer

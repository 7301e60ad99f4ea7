#include "analyzer/history/cache_statistics.h"

#include "support/text.h"
#include "tests/analyzer/history/builds.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

StepReason reasonOf(uint32_t step, std::vector<Cause> causes) {
  StepReason reason;
  reason.step = step;
  reason.causes = std::move(causes);
  return reason;
}
Cause fileCause(llvm::StringRef path) {
  Cause cause{.kind = Cause::Kind::Files, .name = "src"};
  cause.changes.push_back({.path = path.str()});
  return cause;
}

/// A FROM, a COPY that missed because of `path` and a RUN that was rebuilt because of it.
ExplainedBuild rebuilt(llvm::StringRef path) {
  BuildWriter writer;
  writer.addHit("FROM base", {});
  writer.add("COPY src", 0, 1, {0});
  writer.add("RUN make", 1, 4, {1});
  Cause above{.kind = Cause::Kind::ParentRebuilt, .rootCause = 1};
  return {writer.build, {StepReason(), reasonOf(1, {fileCause(path)}), reasonOf(2, {above})}};
}
ExplainedBuild cached() {
  BuildWriter writer;
  writer.addHit("FROM base", {});
  writer.addHit("COPY src", {0});
  writer.addHit("RUN make", {1});
  return {writer.build, {reasonOf(0, {}), reasonOf(1, {}), reasonOf(2, {})}};
}

TEST(CacheStatistics, RatesAreOfTheStepsThatWereReached) {
  ExplainedBuild failed = rebuilt("a");
  failed.build.steps[2].outcome = builder::BuildStep::Outcome::Skipped;
  failed.build.steps[2].miss = builder::BuildStep::Miss::None;
  CacheStatistics statistics = statisticsOf({cached(), failed, rebuilt("a")});
  EXPECT_EQ(statistics.builds, 3u);
  EXPECT_EQ(statistics.hits, 2u);
  EXPECT_EQ(statistics.misses, 3u);
  EXPECT_EQ(statistics.missTime, 6 * kSecond);
  ASSERT_THAT(statistics.steps, SizeIs(2));  // a FROM asks nothing of the cache
  EXPECT_NEAR(statistics.steps[0].hitRate(), 1.0 / 3, 1e-9);
  EXPECT_EQ(statistics.steps[1].hits, 1u);
  EXPECT_EQ(statistics.steps[1].misses, 1u);
  EXPECT_EQ(statistics.steps[1].missTime, 4 * kSecond);
}

TEST(CacheStatistics, WhatWasRebuiltBelowCountsForTheInputAbove) {
  CacheStatistics statistics = statisticsOf({rebuilt("version.txt"), rebuilt("version.txt"), rebuilt("main.c")});
  ASSERT_THAT(statistics.inputs, SizeIs(2));
  EXPECT_EQ(statistics.inputs[0].name, "version.txt");
  EXPECT_EQ(statistics.inputs[0].step, "COPY src");
  EXPECT_EQ(statistics.inputs[0].line, 2u);
  EXPECT_EQ(statistics.inputs[0].builds, 2u);
  EXPECT_EQ(statistics.inputs[0].misses, 4u);
  EXPECT_EQ(statistics.inputs[0].time, 10 * kSecond);
  EXPECT_EQ(statistics.inputs[1].misses, 2u);
  EXPECT_THAT(printJson(toJson(statistics)), HasSubstr("\"kind\":\"files\",\"line\":2,\"misses\":4"));
}

TEST(CacheStatistics, NothingBuiltIsNothingLost) {
  CacheStatistics statistics = statisticsOf({});
  EXPECT_EQ(statistics.builds, 0u);
  EXPECT_EQ(statistics.hitRate(), 1);
}

TEST(CacheStatistics, ReasonsThatPointAtEachOtherEnd) {
  BuildWriter writer;
  writer.add("RUN a", 0, 1, {});
  writer.add("RUN b", 0, 1, {});
  ExplainedBuild round{writer.build,
                       {reasonOf(0, {{.kind = Cause::Kind::ParentRebuilt, .rootCause = 1}}),
                        reasonOf(1, {{.kind = Cause::Kind::ParentRebuilt, .rootCause = 0}})}};
  EXPECT_EQ(statisticsOf({round}).misses, 2u);
}

}  // namespace
}  // namespace strata::analyzer

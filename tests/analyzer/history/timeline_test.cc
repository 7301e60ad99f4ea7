#include "analyzer/history/timeline.h"

#include "tests/analyzer/history/builds.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// 0 takes 1 s; 1 and 2 stand on it and take 2 s and 5 s beside each other; 3 needs both and takes 1 s; 4 stands apart.
BuildWriter diamond() {
  BuildWriter writer;
  writer.add("FROM base", 0, 1, {});
  writer.add("RUN a", 1, 2, {0});
  writer.add("RUN b", 1, 5, {0});
  writer.add("COPY c", 6, 1, {1, 2});
  writer.add("RUN apart", 0, 4, {});
  writer.build.duration = 7 * kSecond;
  return writer;
}

TEST(Timeline, TheCriticalPathIsTheLongestChainOfDependentSteps) {
  BuildWriter writer = diamond();
  Timeline timeline = timelineOf(writer.build);
  EXPECT_THAT(timeline.critical, ElementsAre(0, 2, 3));
  EXPECT_EQ(timeline.criticalWork, 7 * kSecond);
}

TEST(Timeline, ParallelismIsWorkByTime) {
  BuildWriter writer = diamond();
  Timeline timeline = timelineOf(writer.build);
  EXPECT_EQ(timeline.work, 13 * kSecond);
  EXPECT_EQ(timeline.wall, 7 * kSecond);
  EXPECT_NEAR(timeline.parallelism, 13.0 / 7, 1e-9);
  EXPECT_THAT(timeline.slowest, ElementsAre(2, 4, 1, 0, 3));
}

TEST(Timeline, ABuildWithoutTimeHasNoPath) {
  BuildWriter writer;
  EXPECT_THAT(timelineOf(writer.build).critical, IsEmpty());
  writer.addHit("FROM base", {});
  Timeline timeline = timelineOf(writer.build);
  EXPECT_THAT(timeline.critical, IsEmpty());
  EXPECT_EQ(timeline.parallelism, 0);
}

TEST(Timeline, AnEntryThatLiesAboutItsOrderEndsToo) {
  BuildWriter writer;
  writer.add("RUN a", 0, 1, {1, 7});
  writer.add("RUN b", 0, 2, {1, 0});
  EXPECT_THAT(timelineOf(writer.build).critical, ElementsAre(0, 1));
}

TEST(Timeline, DependenciesAreNamedOnce) {
  BuildWriter writer;
  writer.add("FROM base", 0, 1, {});
  writer.add("FROM other", 0, 1, {});
  writer.add("COPY --from", 1, 1, {1, 0, 1});
  EXPECT_THAT(dependenciesOf(writer.build, 2), ElementsAre(0, 1));
}

TEST(Timeline, StepsThatRanAtOnceHaveLanesOfTheirOwn) {
  BuildWriter writer = diamond();
  EXPECT_THAT(lanesOf(writer.build), ElementsAre(0, 0, 2, 0, 1));
}

}  // namespace
}  // namespace strata::analyzer

#include "analyzer/bench/step_times.h"

#include "tests/analyzer/history/builds.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::SizeIs;

builder::Build buildWithRun(double seconds) {
  BuildWriter writer;
  writer.addHit("FROM base", {});
  writer.addHit("COPY src", {0});
  writer.add("RUN make", 0, seconds, {1});
  return writer.build;
}

TEST(StepTimesTest, AStepHasTheMedianOfTheRoundsInWhichItRan) {
  StepTimes times;
  for (double seconds : {4, 1, 2}) times.add(Workload::File, buildWithRun(seconds));
  BuildWriter cached;
  cached.addHit("FROM base", {});
  cached.addHit("COPY src", {0});
  cached.addHit("RUN make", {1});
  times.add(Workload::File, cached.build);
  times.add(Workload::NoOp, cached.build);
  std::vector<StepFigures> figures = times.figures();
  ASSERT_THAT(figures, SizeIs(2)) << "FROM is no step that takes time";
  EXPECT_EQ(figures[0].seconds[Workload::File], std::nullopt);
  EXPECT_EQ(figures[1].name, "[3/9] RUN make");
  EXPECT_EQ(figures[1].line, 3u);
  EXPECT_EQ(figures[1].seconds[Workload::File], 2.0);
  EXPECT_EQ(figures[1].seconds[Workload::NoOp], std::nullopt);
}

}  // namespace
}  // namespace strata::analyzer

#include "builder/solve/simulation.h"

#include "support/text.h"
#include "tests/builder/plan/planned.h"
#include "tests/support/testing.h"

#include <gmock/gmock.h>

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Simulates a Dockerfile whose steps take the time that the first word of their text says, in seconds: "RUN sleep 3",
/// "COPY --from=a /3 /". The others take none.
class SimulationTest : public ::testing::Test {
protected:
  void plan(llvm::StringRef dockerfile) {
    plan_ = Planned(dockerfile).mustPlan();
    times_.assign(plan_.vertices.size(), std::nullopt);
    for (const Vertex& vertex : plan_.vertices) {
      unsigned seconds = 0;
      llvm::StringRef name = vertex.name;
      bool isTimed = !name.split("take-").second.consumeInteger(10, seconds);
      if (isTimed) times_[vertex.id] = int64_t(seconds) * kSecond;
    }
  }
  Simulation simulated(std::initializer_list<std::optional<unsigned>> machines) {
    return simulate(plan_, times_, std::vector<std::optional<unsigned>>(machines));
  }
  /// Seconds with RUNs that wait, and with RUNs that compute.
  std::pair<double, double> secondsOn(std::optional<unsigned> cores) {
    SimulatedMachine machine = simulated({cores}).machines[0];
    return {double(machine.waiting) / kSecond, double(machine.computing) / kSecond};
  }
  std::vector<std::string> critical() {
    std::vector<std::string> names;
    for (VertexId id : simulated({1}).critical) names.push_back(plan_.vertices[id].name);
    return names;
  }

  Plan plan_;
  RecordedTimes times_;
};
using Seconds = std::pair<double, double>;

TEST_F(SimulationTest, AChainTakesItsSumOnAnyMachine) {
  plan("FROM base\nRUN take-3\nRUN take-2\nRUN take-5\n");
  EXPECT_EQ(secondsOn(1), Seconds(10, 10));
  EXPECT_EQ(secondsOn(16), Seconds(10, 10));
  EXPECT_EQ(secondsOn(std::nullopt), Seconds(10, 10));
  EXPECT_THAT(critical(), ElementsAre("[2/4] RUN take-3", "[3/4] RUN take-2", "[4/4] RUN take-5"));
}

TEST_F(SimulationTest, RunsThatWaitNeedNoCoreAndRunsThatComputeEachNeedOne) {
  plan(
      "FROM base AS a\nRUN take-1\nFROM base AS b\nRUN take-1\nFROM base AS c\nRUN take-1\nFROM base AS d\nRUN take-1\n"
      "FROM base\nCOPY --from=a / /\nCOPY --from=b / /\nCOPY --from=c / /\nCOPY --from=d / /\n");
  EXPECT_EQ(secondsOn(1), Seconds(1, 4));
  EXPECT_EQ(secondsOn(2), Seconds(1, 2));
  EXPECT_EQ(secondsOn(3), Seconds(1, 2));
  EXPECT_EQ(secondsOn(4), Seconds(1, 1));
  EXPECT_EQ(simulated({1}).work, 4 * kSecond);
}

TEST_F(SimulationTest, ADiamondTakesItsLongerSide) {
  plan(
      "FROM base AS top\nRUN take-1\nFROM top AS left\nRUN take-4\nFROM top AS right\nRUN take-2\n"
      "FROM left\nCOPY --from=right /take-3 /\n");
  EXPECT_EQ(secondsOn(2), Seconds(8, 8));
  EXPECT_EQ(secondsOn(1), Seconds(8, 10));
  EXPECT_THAT(critical(), ElementsAre("[top 2/2] RUN take-1", "[left 1/1] RUN take-4",
                                      "[stage-3 1/1] COPY --from=right /take-3 /"));
  EXPECT_EQ(simulated({1}).criticalTime, 8 * kSecond);
}

TEST_F(SimulationTest, CopiesHoldACoreEvenWhereRunsWait) {
  std::string text, last = "FROM base\n";
  for (std::string stage : {"a", "b", "c"}) {
    text += "FROM base AS " + stage + "\nCOPY --from=base /take-2 /\n";
    last += "COPY --from=" + stage + " / /\n";
  }
  plan(text + last);
  EXPECT_EQ(secondsOn(1), Seconds(6, 6));
  EXPECT_EQ(secondsOn(3), Seconds(2, 2));
}

TEST_F(SimulationTest, AsManyRunsGoAtOnceAsTheSolverStarts) {
  std::string text, last = "FROM base\n";
  for (int i = 0; i < 20; ++i) {
    std::string stage = "s" + std::to_string(i);
    text += "FROM base AS " + stage + "\nRUN take-1\n";
    last += "COPY --from=" + stage + " / /\n";
  }
  plan(text + last);
  EXPECT_EQ(secondsOn(1), Seconds(3, 20));  // eight, eight, four
  EXPECT_EQ(secondsOn(5), Seconds(2, 4));   // ten, ten
  EXPECT_EQ(secondsOn(10), Seconds(1, 2));
  EXPECT_EQ(secondsOn(std::nullopt), Seconds(1, 1));
}

TEST_F(SimulationTest, TheLongestWayGoesFirst) {
  plan(
      "FROM base AS a\nRUN take-1\nFROM base AS b\nRUN take-1\nFROM base AS c\nRUN take-2\nRUN take-2\n"
      "FROM base\nCOPY --from=a / /\nCOPY --from=b / /\nCOPY --from=c / /\n");
  EXPECT_EQ(secondsOn(2).second, 4);  // c beside a and b; were a and b first, it would be five
}

TEST_F(SimulationTest, StepsWithoutATimeAreNamedAndBasesAreNot) {
  plan("FROM base\nRUN take-1\nRUN something new\n");
  Simulation simulation = simulated({4});
  ASSERT_EQ(simulation.unrecorded.size(), 1u);
  EXPECT_EQ(plan_.vertices[simulation.unrecorded[0]].name, "[3/3] RUN something new");
  EXPECT_EQ(simulation.machines[0].waiting, kSecond);
}

TEST_F(SimulationTest, APlanWithoutTimesTakesNone) {
  plan("FROM base\nRUN one\nRUN two\n");
  Simulation simulation = simulated({1, std::nullopt});
  EXPECT_EQ(simulation.machines[0].computing, 0);
  EXPECT_EQ(simulation.machines[1].computing, 0);
  EXPECT_THAT(simulation.critical, IsEmpty());
}
}  // namespace
}  // namespace strata::builder

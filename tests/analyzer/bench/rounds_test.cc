#include "analyzer/bench/rounds.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using testing::must;

/// Writes down what is asked of it and takes as many seconds as it is told.
class ToldTool : public Tool {
public:
  ToldTool(std::string name, std::vector<double> seconds, std::vector<std::string>& log)
      : facts_{.name = std::move(name), .version = "1"}, seconds_(std::move(seconds)), log_(log) {}
  const BenchTool& facts() const override { return facts_; }
  bool worksItself() const override { return false; }
  std::optional<std::string> whyNot(Workload workload) const override {
    return workload == Workload::Fresh ? std::optional<std::string>("not " + facts_.name) : std::nullopt;
  }
  llvm::Error begin(Workload) override { return note("begin"); }
  llvm::Error prepare(Workload, unsigned round) override { return note("prepare " + std::to_string(round)); }
  llvm::Expected<Measurement> run(Workload, unsigned round) override {
    if (auto error = note("run " + std::to_string(round))) return error;
    return Measurement{.run = {.seconds = seconds_.at(round)}, .build = {}, .pushedBytes = {}};
  }
  llvm::Error end(Workload) override { return note("end"); }

private:
  llvm::Error note(const std::string& what) {
    log_.push_back(facts_.name + " " + what);
    return llvm::Error::success();
  }
  BenchTool facts_;
  std::vector<double> seconds_;
  std::vector<std::string>& log_;
};

class RoundsTest : public ::testing::Test {
protected:
  WorkloadFigures measureAt(Workload workload, std::optional<std::string> whyNot = {}) {
    auto change = [&](Workload) {
      log_.push_back("change");
      return llvm::Error::success();
    };
    auto tell = [&](const std::string& line) { told_.push_back(line); };
    return must(measureWorkload(workload, whyNot, {&a_, &b_},
                                {.rounds = 2, .warmUp = 1, .change = change, .tell = tell}, steps_));
  }

  std::vector<std::string> log_, told_;
  ToldTool a_{"a", {9, 1, 2}, log_}, b_{"b", {9, 3, 6}, log_};
  StepTimes steps_;
};

TEST_F(RoundsTest, ToolsTakeTurnsInEveryRound) {
  measureAt(Workload::File);
  EXPECT_THAT(log_, ElementsAre("a begin", "b begin",                                          //
                                "change", "a prepare 0", "a run 0", "b prepare 0", "b run 0",  //
                                "change", "a prepare 1", "a run 1", "b prepare 1", "b run 1",  //
                                "change", "a prepare 2", "a run 2", "b prepare 2", "b run 2", "a end", "b end"));
  EXPECT_THAT(told_, ElementsAre("file warm-up: a 9.00 s b 9.00 s", "file 1/2: a 1.00 s b 3.00 s",
                                 "file 2/2: a 2.00 s b 6.00 s"));
}

TEST_F(RoundsTest, WarmUpDoesNotCountAndPeersHaveARatio) {
  WorkloadFigures figures = measureAt(Workload::File);
  EXPECT_THAT(figures.tools[0].seconds, ElementsAre(1, 2));
  EXPECT_EQ(figures.tools[0].ratio, std::nullopt);
  EXPECT_EQ(figures.tools[1].summary.median, 4.5);
  EXPECT_EQ(figures.tools[1].ratio, 3.0);
  EXPECT_EQ(figures.tools[1].peakMemory, std::nullopt) << "a daemon's memory is not seen";
}

/// Needs more in each round, of everything.
class WorkingTool : public ToldTool {
public:
  using ToldTool::ToldTool;
  bool worksItself() const override { return true; }
  llvm::Expected<Measurement> run(Workload, unsigned round) override {
    builder::Build build;
    build.steps.resize(2);
    build.steps[0].outcome = builder::BuildStep::Outcome::Executed;
    build.steps[0].layerBytes = 10 * round;
    build.steps[1].outcome = builder::BuildStep::Outcome::Hit;
    build.steps[1].layerBytes = 1'000'000;
    ProgramRun run{.seconds = 1, .peakMemory = 100 * round, .diskRead = 1'000 * round, .diskWritten = 10'000 * round};
    std::optional<uint64_t> pushed;
    if (round > 0) pushed = 50 + round;
    return Measurement{.run = run, .build = std::move(build), .pushedBytes = pushed};
  }
};

TEST_F(RoundsTest, MeansAreMediansOfTheRoundsThatCount) {
  WorkingTool worker("worker", {}, log_);
  auto nothing = [](Workload) { return llvm::Error::success(); };
  RoundPlan plan{.rounds = 3, .warmUp = 1, .change = nothing, .tell = [](const std::string&) {}};
  ToolFigures figures = must(measureWorkload(Workload::Push, {}, {&worker}, plan, steps_)).tools[0];
  EXPECT_EQ(figures.peakMemory, 200u);
  EXPECT_EQ(figures.diskRead, 2'000u);
  EXPECT_EQ(figures.diskWritten, 20'000u);
  EXPECT_EQ(figures.layerBytes, 20u) << "of the steps that ran";
  EXPECT_EQ(figures.pushedBytes, 52u);
}

TEST_F(RoundsTest, WhereTheFirstToolTakesNoPartNobodyDoes) {
  WorkloadFigures figures = measureAt(Workload::Fresh);
  EXPECT_EQ(figures.tools[0].notMeasured, "not a");
  EXPECT_EQ(figures.tools[1].notMeasured, "not a");
  EXPECT_THAT(log_, ElementsAre());
}

TEST_F(RoundsTest, AReasonOfTheProjectIsEverybodys) {
  WorkloadFigures figures = measureAt(Workload::File, "no file");
  EXPECT_EQ(figures.tools[1].notMeasured, "no file");
  EXPECT_THAT(log_, ElementsAre());
}

}  // namespace
}  // namespace strata::analyzer

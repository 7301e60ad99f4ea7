#include "analyzer/bench/bench_views.h"

#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;

ToolFigures figures(std::string tool, std::vector<double> seconds) {
  ToolFigures made{.tool = std::move(tool), .seconds = seconds, .summary = summaryOf(seconds)};
  return made;
}

/// strata and docker, at three workloads of which the last has nobody.
BenchReport someBench() {
  BenchReport report{.context = "/home/u/app", .rounds = 3, .warmUp = 1, .touched = "src/a.c"};
  report.tools = {{"strata", "1.0"}, {"docker", "28.5"}};
  ToolFigures strata = figures("strata", {0.25, 0.125, 0.375}), docker = figures("docker", {2, 4, 8});
  strata.peakMemory = 14'000'000;
  strata.layerBytes = 1'500;
  docker.ratio = 16;
  report.workloads.push_back({Workload::File, {strata, docker}});
  report.workloads.push_back(
      {Workload::Fresh, {figures("strata", {1.5}), {.tool = "docker", .notMeasured = "it would empty your cache"}}});
  std::string reason = "no registry";
  report.workloads.push_back(
      {Workload::Push, {{.tool = "strata", .notMeasured = reason}, {.tool = "docker", .notMeasured = reason}}});
  StepFigures step{.name = "[1/2] COPY <src> .", .line = 2};
  step.seconds[Workload::File] = 0.0625;
  step.seconds[Workload::Fresh] = std::nullopt;
  report.steps = {step};
  return report;
}

TEST(BenchViewsTest, TextHasMediansDeviationsAndRatios) {
  std::string text = printBench(someBench());
  EXPECT_THAT(text, HasSubstr("WORKLOAD   STRATA            DOCKER           RATIO\n"));
  EXPECT_THAT(text, HasSubstr("file       250 ms ±125 ms    4.00 s ±2.00 s   16.0\n"));
  EXPECT_THAT(text, HasSubstr("3 rounds after 1 for warm-up, tools in turn; median ±median absolute deviation"));
  EXPECT_THAT(text, HasSubstr("file changes src/a.c\n"));
}

TEST(BenchViewsTest, WhatWasNotMeasuredIsSaidOnceWithItsReason) {
  std::string text = printBench(someBench());
  EXPECT_THAT(text, HasSubstr("fresh with docker: not measured, it would empty your cache\n"));
  EXPECT_THAT(text, HasSubstr("push: not measured, no registry\n"));
  EXPECT_THAT(text, Not(HasSubstr("push with")));
}

TEST(BenchViewsTest, AStepThatNeverRanWasCached) {
  EXPECT_THAT(printBench(someBench()), HasSubstr("2      [1/2] COPY <src> .   62.5 ms   cached\n"));
}

TEST(BenchViewsTest, MarkdownEscapesWhatItDidNotWrite) {
  std::string text = benchMarkdown(someBench());
  EXPECT_THAT(text, HasSubstr("| file | 250 ms ±125 ms | 4.00 s ±2.00 s | 16.0 |"));
  EXPECT_THAT(text, Not(HasSubstr("<src>")));
}

TEST(BenchViewsTest, JsonHasEveryRoundAndLeavesOutWhatIsNotKnown) {
  llvm::json::Value document = toJson(someBench());
  EXPECT_EQ(printJson(document),
            R"({"context":"/home/u/app","rounds":3,"schema":1,"steps":[{"line":2,"name":"[1/2] COPY <src> .",)"
            R"("seconds":{"file":0.0625,"fresh":null}}],)"
            R"("tools":[{"name":"strata","version":"1.0"},{"name":"docker","version":"28.5"}],"touched":"src/a.c",)"
            R"("warmUp":1,"workloads":[)"
            R"({"description":"one file changed","name":"file","tools":[)"
            R"({"deviation":0.125,"layerBytes":1500,"median":0.25,"peakMemory":14000000,"seconds":[0.25,0.125,0.375],)"
            R"("tool":"strata"},)"
            R"({"deviation":2,"median":4,"ratio":16,"seconds":[2,4,8],"tool":"docker"}]},)"
            R"({"description":"a fresh machine with a shared cache","name":"fresh","tools":[)"
            R"({"deviation":0,"median":1.5,"seconds":[1.5],"tool":"strata"},)"
            R"({"notMeasured":"it would empty your cache","tool":"docker"}]},)"
            R"({"description":"push to a registry that has nothing","name":"push","tools":[)"
            R"({"notMeasured":"no registry","tool":"strata"},{"notMeasured":"no registry","tool":"docker"}]}]})");
}

TEST(BenchViewsTest, ThePageCarriesTheNumbersAndNoMarkupOfOthers) {
  std::string page = benchHtml(someBench());
  EXPECT_THAT(page, HasSubstr("\"bench\":{"));
  EXPECT_THAT(page, Not(HasSubstr("COPY <src>")));
}

}  // namespace
}  // namespace strata::analyzer

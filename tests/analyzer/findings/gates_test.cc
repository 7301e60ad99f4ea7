#include "analyzer/findings/gates.h"

#include "analyzer/report/gates_text.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using builder::BuildStep;
using strata::testing::must;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Status = GateResult::Status;

/// 1 MB, of which a tenth is wasted; three of four steps were cached.
ImageReport report() {
  ImageReport report;
  report.tarBytes = 1'000'000;
  report.efficiency = {.score = 0.9, .wastedBytes = 100'000, .userBytes = 1'000'000};
  report.largest = {{"usr/lib/large.so", 600'000, 1}};
  report.build = builder::Build{};
  report.build->id = "abc123";
  for (auto outcome :
       {BuildStep::Outcome::Hit, BuildStep::Outcome::Hit, BuildStep::Outcome::Hit, BuildStep::Outcome::Executed}) {
    BuildStep step;
    step.instruction = "run";
    step.outcome = outcome;
    if (outcome == BuildStep::Outcome::Executed) step.miss = BuildStep::Miss::NoRecord;
    report.build->steps.push_back(step);
  }
  BuildStep from;
  from.instruction = "from";
  from.outcome = BuildStep::Outcome::Executed;
  report.build->steps.push_back(from);
  return report;
}

GateResult result(llvm::StringRef rule, const ImageReport& image = report(), const GateFacts& facts = {}) {
  GateRules rules = defaultRules();
  must(readRule(rules, rule));
  for (const GateResult& result : evaluateGates(rules, image, facts))
    if (rule.starts_with(nameOf(result.gate))) return result;
  return {};
}
Status status(llvm::StringRef rule, const GateFacts& facts = {}) { return result(rule, report(), facts).status; }

TEST(Gates, EachPassesAtItsLimitAndFailsBeyond) {
  EXPECT_EQ(status("lowestEfficiency=0.9"), Status::Pass);
  EXPECT_EQ(status("lowestEfficiency=0.91"), Status::Fail);
  EXPECT_EQ(status("highestWastedBytes=100kB"), Status::Pass);
  EXPECT_EQ(status("highestWastedBytes=99kB"), Status::Fail);
  EXPECT_EQ(status("highestUserWastedPercent=0.1"), Status::Pass);
  EXPECT_EQ(status("highestUserWastedPercent=9%"), Status::Fail);
  EXPECT_EQ(status("highestImageSize=1MB"), Status::Pass);
  EXPECT_EQ(status("highestImageSize=999999"), Status::Fail);
  EXPECT_EQ(status("highestFileSize=600kB"), Status::Pass);
  EXPECT_EQ(status("highestFileSize=500kB"), Status::Fail);
  EXPECT_EQ(status("lowestCacheHitRate=75%"), Status::Pass);
  EXPECT_EQ(status("lowestCacheHitRate=76%"), Status::Fail);
  GateFacts facts{.earlierBytes = 900'000, .earlierName = "app:1", .secrets = 2};
  EXPECT_EQ(status("highestGrowth=100kB", facts), Status::Pass);
  EXPECT_EQ(status("highestGrowth=99kB", facts), Status::Fail);
  EXPECT_EQ(status("highestGrowth=12%", facts), Status::Pass);
  EXPECT_EQ(status("highestGrowth=11%", facts), Status::Fail);
  EXPECT_EQ(status("highestSecrets=2", facts), Status::Pass);
  EXPECT_EQ(status("highestSecrets=1", facts), Status::Fail);
  facts.earlierBytes = 5'000'000;
  EXPECT_EQ(status("highestGrowth=0", facts), Status::Pass);  // it shrank
}

TEST(Gates, WhatIsUnknownIsSkippedAndSaysWhy) {
  EXPECT_EQ(status("highestGrowth=1"), Status::Skip);
  EXPECT_THAT(result("highestGrowth=1").detail, HasSubstr("--against"));
  EXPECT_EQ(status("highestSecrets=0"), Status::Skip);
  ImageReport image = report();
  image.build.reset();
  EXPECT_EQ(result("lowestCacheHitRate=1", image).status, Status::Skip);
  EXPECT_THAT(result("lowestCacheHitRate=1", image).detail, HasSubstr("no build"));
  EXPECT_EQ(result("highestFileSize=disabled").detail, "disabled");
  EXPECT_EQ(status("highestGrowth=5%", {.earlierBytes = 0}), Status::Skip);
}

TEST(Gates, AnEmptyImagePasses) {
  for (const GateResult& result : evaluateGates(defaultRules(), ImageReport(), {}))
    EXPECT_NE(result.status, Status::Fail);
}

TEST(Gates, TableJsonAndFindingsSayTheSame) {
  GateRules rules = defaultRules();
  must(readRule(rules, "highestImageSize=1kB"));
  auto results = evaluateGates(rules, report(), {});
  EXPECT_FALSE(allPass(results));
  std::string text = printGates(results);
  EXPECT_THAT(text, HasSubstr("FAIL     highestImageSize           1kB     1MB"));
  EXPECT_THAT(text, HasSubstr("PASS     lowestEfficiency"));
  EXPECT_THAT(text, HasSubstr("SKIP     highestGrowth"));
  EXPECT_THAT(text, HasSubstr("\nFAIL: 2 passed, 1 failed, 5 skipped\n"));
  auto findings = findingsOf(results);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "gate/highestImageSize");
  EXPECT_EQ(findings[0].title, "highestImageSize failed: 1MB, limit 1kB");
  llvm::json::Object json = toJson(llvm::ArrayRef(results));
  EXPECT_EQ(json.getBoolean("passed"), std::optional(false));
  EXPECT_THAT(*json.getArray("results"), SizeIs(kGates));
  EXPECT_EQ((*json.getArray("results"))[3].getAsObject()->getString("result"), std::optional<llvm::StringRef>("fail"));
}

}  // namespace
}  // namespace strata::analyzer

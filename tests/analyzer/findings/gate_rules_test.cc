#include "analyzer/findings/gate_rules.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using strata::testing::must;

GateRules rulesFrom(llvm::StringRef text) {
  GateRules rules = defaultRules();
  must(readRules(rules, ".dive-ci", text));
  return rules;
}
llvm::Error read(llvm::StringRef text) {
  GateRules rules = defaultRules();
  return readRules(rules, "ci.yml", text);
}
double limitOf(llvm::StringRef name, llvm::StringRef value) {
  GateRules rules = defaultRules();
  must(setRule(rules, name, value));
  for (const GateRule& rule : rules)
    if (nameOf(rule.gate) == name) return rule.isEnabled ? rule.limit : -1;
  return -2;
}

TEST(GateRules, DefaultsAreThoseOfDive) {
  GateRules rules = defaultRules();
  ASSERT_EQ(rules.size(), kGates);
  for (size_t at = 0; at < kGates; ++at) EXPECT_EQ(rules[at].gate, Gate(at));
  EXPECT_EQ(ruleOf(rules, Gate::LowestEfficiency).limit, 0.9);
  EXPECT_EQ(ruleOf(rules, Gate::HighestUserWastedPercent).limit, 0.1);
  EXPECT_EQ(llvm::count_if(rules, [](const GateRule& rule) { return rule.isEnabled; }), 2);
}

TEST(GateRules, AFileOfDiveIsRead) {
  GateRules rules = rulesFrom(
      "---\nplugins:\n  - plugin1\n\nrules:\n"
      "  # a ratio\n  lowestEfficiency: 0.95\n\n  highestWastedBytes: 20Mb  # sizes\n"
      "  highestUserWastedPercent: 'disabled'\n  plugin1/rule1: error\n");
  EXPECT_EQ(ruleOf(rules, Gate::LowestEfficiency).limit, 0.95);
  EXPECT_EQ(ruleOf(rules, Gate::HighestWastedBytes).limit, 20e6);
  EXPECT_FALSE(ruleOf(rules, Gate::HighestUserWastedPercent).isEnabled);
}

TEST(GateRules, BothSpellingsAndLineEnds) {
  GateRules rules = rulesFrom("rules:\r\n    lowest-efficiency: \"0.5\"\r\n    highest-growth: 5%\r\n");
  EXPECT_EQ(ruleOf(rules, Gate::LowestEfficiency).limit, 0.5);
  EXPECT_EQ(ruleOf(rules, Gate::HighestGrowth).limit, 0.05);
  EXPECT_TRUE(ruleOf(rules, Gate::HighestGrowth).isRatio);
}

TEST(GateRules, Sizes) {
  EXPECT_EQ(limitOf("highestImageSize", "20MB"), 20e6);
  EXPECT_EQ(limitOf("highestImageSize", "1.5 GiB"), 1.5 * 1024 * 1024 * 1024);
  EXPECT_EQ(limitOf("highestImageSize", "2k"), 2000);
  EXPECT_EQ(limitOf("highestImageSize", "1024"), 1024);
  EXPECT_EQ(limitOf("highestImageSize", "7B"), 7);
  EXPECT_EQ(limitOf("highestGrowth", "250%"), 2.5);
  EXPECT_EQ(limitOf("highestSecrets", "0"), 0);
  EXPECT_EQ(limitOf("lowestCacheHitRate", "80%"), 0.8);
  for (const char* off : {"", "disabled", "OFF", "false", " Disabled "}) EXPECT_EQ(limitOf("highestFileSize", off), -1);
}

TEST(GateRules, WrongValuesAreTold) {
  GateRules rules = defaultRules();
  for (const char* value : {"20X", "x", "-1", "1e400", "20MBB", "20 M B", "i", "."})
    EXPECT_FAULT_SAYING(setRule(rules, "highestImageSize", value), FaultKind::Invalid, "is not a size");
  for (const char* value : {"1.5", "150%", "-0.1", "nan", "inf", "0x1p-1"})
    EXPECT_FAULT_SAYING(setRule(rules, "lowestEfficiency", value), FaultKind::Invalid, "is not a ratio");
  EXPECT_FAULT_SAYING(setRule(rules, "highestSecrets", "-1"), FaultKind::Invalid, "is not a number");
  EXPECT_FAULT_SAYING(setRule(rules, "lowestEficiency", "1"), FaultKind::Invalid, "did you mean lowestEfficiency?");
  EXPECT_FAULT_SAYING(setRule(rules, "x", "1"), FaultKind::Invalid, "there are lowestEfficiency, ");
  EXPECT_FAULT_SAYING(readRule(rules, "lowestEfficiency"), FaultKind::Invalid, "is no NAME=VALUE");
}

TEST(GateRules, MistakesInFilesAreToldWithFileLineAndText) {
  EXPECT_FAULT_SAYING(read("rules:\n  lowestEfficiency: 95\n"), FaultKind::Invalid,
                      "ci.yml:2: lowestEfficiency: '95' is not a ratio");
  EXPECT_FAULT_SAYING(read("rules:\n  lowestEfficiency: 95\n"), FaultKind::Invalid, "\n    lowestEfficiency: 95");
  EXPECT_FAULT_SAYING(read("# c\nrules:\n\n  highestSize: 1\n"), FaultKind::Invalid, "ci.yml:4: no rule 'highestSize'");
  EXPECT_FAULT_SAYING(read("rules:\n\tlowestEfficiency: 1\n"), FaultKind::Invalid, "ci.yml:2: YAML is indented");
  EXPECT_FAULT_SAYING(read("rules: {lowestEfficiency: 1}\n"), FaultKind::Invalid, "ci.yml:1: a rule stands on a line");
  EXPECT_FAULT_SAYING(read("rules:\n  lowestEfficiency\n"), FaultKind::Invalid, "ci.yml:2: a rule is written");
  EXPECT_FAULT_SAYING(read("rules:\n  lowestEfficiency:1\n"), FaultKind::Invalid, "a blank belongs behind");
  EXPECT_FAULT_SAYING(read("rules:\n  lowestEfficiency: \"1\n"), FaultKind::Invalid, "quote that does not end");
  EXPECT_FAULT_SAYING(read("rules:\n  lowestEfficiency: 1\n  lowestEfficiency: 1\n"), FaultKind::Invalid,
                      "ci.yml:3: 'lowestEfficiency' for the second time");
  EXPECT_FAULT_SAYING(read("rules:\n  lowestEfficiency: 1\n    highestSecrets: 1\n"), FaultKind::Invalid, "alike");
  EXPECT_FAULT_SAYING(read("rule:\n  lowestEfficiency: 1\n"), FaultKind::Invalid, "ci.yml: no 'rules:'");
  EXPECT_FAULT_SAYING(read(""), FaultKind::Invalid, "no 'rules:'");
  EXPECT_FAULT_SAYING(read("rules:\nrules:\n"), FaultKind::Invalid, "ci.yml:2: a second");
  EXPECT_FAULT_SAYING(read("rules:\n  \x1b[2J: 1\n"), FaultKind::Invalid, "\\x1b[2J");
}

}  // namespace
}  // namespace strata::analyzer

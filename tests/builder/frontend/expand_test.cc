#include "builder/frontend/expand.h"
#include "tests/support/testing.h"

#include <map>

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using testing::must;

struct Env {
  std::map<std::string, std::string> values;
  std::optional<llvm::StringRef> operator()(llvm::StringRef name) const {
    auto found = values.find(name.str());
    if (found == values.end()) return std::nullopt;
    return llvm::StringRef(found->second);
  }
};

std::string expand(llvm::StringRef word, Env env = {}, char escape = '\\') {
  return must(expandWord(word, env, escape)).text;
}
llvm::Expected<Expansion> tryExpand(llvm::StringRef word, Env env = {}) { return expandWord(word, env); }

TEST(Expand, DumpFormat_Examples) {
  EXPECT_EQ(expand("x${A:+y}${B:-z}$A", {{{"A", "1"}, {"B", ""}}}), "xyz1");
  Env env{{{"L", "p  q"}}};
  EXPECT_THAT(must(expandWords("$L\"$L\" r", env)), ElementsAre("p", "qp  q", "r"));
  EXPECT_FAULT(tryExpand("${A"), FaultKind::Invalid);
}
TEST(Expand, VAR_7_8_9_10_NamesAndLiteralDollars) {
  Env env{{{"001", "d"}, {"ä", "u"}, {"a_1", "x"}}};
  EXPECT_EQ(expand("$001aaa", env), "daaa");
  EXPECT_EQ(expand("$ä!$a_1.", env), "u!x.");
  EXPECT_EQ(expand("$@@@", env), "@@");
  EXPECT_EQ(expand("$.$", env), "$.$");
  EXPECT_EQ(expand("a$$b", env), "ab");
}
TEST(Expand, VAR_12_13_14_EscapesAndQuotes) {
  Env env{{{"n", "v"}}};
  EXPECT_EQ(expand("\\$n \\${n} abc\\tdef", env), "$n ${n} abctdef");
  EXPECT_EQ(expand("hello\\", env), "hello");
  EXPECT_EQ(expand("hello\\\\", env), "hello\\");
  EXPECT_EQ(expand("'hello\\'$n", env), "hello\\v");
  EXPECT_EQ(expand("\"abc\\tdef\" \"abc\\\\tdef\" \"\\$n\\\"\"", env), "abc\\tdef abc\\tdef $n\"");
  EXPECT_EQ(expand("`$n", env, '`'), "$n");
  EXPECT_FAULT(tryExpand("'x"), FaultKind::Invalid);
  EXPECT_FAULT(tryExpand("\"x"), FaultKind::Invalid);
}
TEST(Expand, VAR_15_BadFormsAreErrors) {
  for (llvm::StringRef bad : {"${}", "${:x}", "${{x}", "${.}", "${x", "${x=y}", "${x:=y}", "${xYYY!}", "${#x}",
                              "${x:#y}", "${x:/a/b}", "${v//p}"})
    EXPECT_FAULT_SAYING(tryExpand(bad), FaultKind::Invalid, ("failed to process \"" + bad + "\"").str());
}
TEST(Expand, VAR_16_17_DefaultsAndAlternatives) {
  Env env{{{"s", "v"}, {"e", ""}}};
  EXPECT_EQ(expand("${s:-w}${e:-w}${u:-w}", env), "vww");
  EXPECT_EQ(expand("${s-w}${e-w}${u-w}", env), "vw");
  EXPECT_EQ(expand("${s:+w}${e:+w}${u:+w}", env), "w");
  EXPECT_EQ(expand("${s+w}${e+w}${u+w}", env), "ww");
  EXPECT_EQ(expand("${u:-${x:-$s}}\"${u:-'q'}\"", env), "vq");
}
TEST(Expand, VAR_18_RequiredNamesTheVariable) {
  EXPECT_FAULT_SAYING(tryExpand("${v:?gone}"), FaultKind::Invalid, "v: gone");
  EXPECT_FAULT_SAYING(tryExpand("${v?}"), FaultKind::Invalid, "v: ");
  EXPECT_EQ(expand("${v?x}", {{{"v", ""}}}), "");
}
TEST(Expand, VAR_19_PrefixesAndSuffixes) {
  Env env{{{"v", "foobarbaz"}}};
  EXPECT_EQ(expand("${v#f*b}", env), "arbaz");
  EXPECT_EQ(expand("${v##f*b}", env), "az");
  EXPECT_EQ(expand("${v%b*}", env), "foobar");
  EXPECT_EQ(expand("${v%%b*}", env), "foo");
  EXPECT_EQ(expand("${v#x}${v%x}", env), "foobarbazfoobarbaz");
  EXPECT_EQ(expand("${v#}", env), "foobarbaz");
}
TEST(Expand, VAR_20_21_23_24_Replacement) {
  Env env{{{"v", "foobarbaz"}, {"F", "/a/b"}, {"NEEDLE", "\\*/"}, {"G", "x*/y"}, {"u", "äöü"}}};
  EXPECT_EQ(expand("${v/ba?/X}", env), "fooXbaz");
  EXPECT_EQ(expand("${v//ba?/X}", env), "fooXX");
  EXPECT_EQ(expand("${v//b/}", env), "fooaraz");
  EXPECT_EQ(expand("${F//\\//\\/}", env), "\\/a\\/b");
  EXPECT_EQ(expand("${G/$NEEDLE/.}", env), "x.y");
  EXPECT_EQ(expand("${u/?/x}", env), "xöü");
  EXPECT_FAULT(tryExpand("${v/\\q/x}", env), FaultKind::Invalid);
  EXPECT_EQ(expand("${v/[a-z]/x}", env), "foobarbaz");
}
TEST(Expand, HostilePatternsAndNestingEnd) {
  EXPECT_EQ(expand("${v%%*a*a*a*a*a*a*a*a*b}", {{{"v", std::string(2000, 'a')}}}).size(), 2000u);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "${a:-";
  EXPECT_FAULT(tryExpand(deep), FaultKind::Invalid);
}
TEST(Expand, LongPatternsOverLongValuesEnd) {
  std::string value(20000, 'a'), pattern(2001, '?');
  pattern.back() = 'x';
  Env env{{{"v", value}, {"p", pattern}, {"q", "*b*" + std::string(500, 'a')}}};
  for (llvm::StringRef word : {"${v%$p}", "${v%%$p}", "${v##$p}", "${v//$p/y}", "${v//$q/y}", "${v%%$q}"})
    EXPECT_EQ(expand(word, env), value) << word.str();
}
TEST(Expand, ValuesThatGrowWithoutBoundAreRefused) {
  Env env{{{"v", std::string(3000, 'a')}, {"w", std::string(9 << 20, 'b')}}};
  EXPECT_FAULT_SAYING(tryExpand("${v//a/${v//a/$v}}", env), FaultKind::Invalid, "more than 16777216 bytes");
  EXPECT_FAULT_SAYING(tryExpand("$w$w", env), FaultKind::Invalid, "more than 16777216 bytes");
  EXPECT_EQ(expandForDisplay("$w$w", env).size(), (9u << 20) + 2);
}
TEST(Expand, HDOC_13_BodiesKeepQuotes) {
  Env env{{{"n", "v"}}};
  EXPECT_EQ(must(expandBody("\"$n\" '$n' \\$n C:\\t \\\\\\\n", env)).text, "\"v\" 'v' $n C:t \\\n");
}
TEST(Expand, SaysWhatWasUsedAndWhatWasUnset) {
  Expansion expansion = must(tryExpand("$a$b${c:-x}$a", {{{"a", "1"}}}));
  EXPECT_THAT(expansion.used, ElementsAre("a"));
  EXPECT_THAT(expansion.unset, ElementsAre("b", "c"));
}
TEST(Expand, PROG_3_DisplayLeavesUnsetAsWritten) {
  Env env{{{"a", "1"}}};
  EXPECT_EQ(expandForDisplay("$a ${a} $b ${b} \\$a ${a:-x}", env), "1 1 $b ${b} \\$a ${a:-x}");
}

}  // namespace
}  // namespace strata::builder

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
std::string shown(llvm::StringRef text, const Env& env) {
  std::string shown;
  appendForDisplay(shown, text, env);
  return shown;
}

TEST(Expand, DumpFormat_Examples) {
  EXPECT_EQ(expand("x${A:+y}${B:-z}$A", {{{"A", "1"}, {"B", ""}}}), "xyz1");
  Env env{{{"L", "p  q"}}};
  EXPECT_THAT(must(expandWords("$L\"$L\" r", env)), ElementsAre("p", "qp  q", "r"));
  EXPECT_FAULT(tryExpand("${A"), FaultKind::Invalid);
}
/// Rows of a word and what comes of it, all over one environment.
struct Row {
  llvm::StringRef word, result;
};
void expectRows(llvm::ArrayRef<Row> rows, const Env& env = {}, char escape = '\\') {
  for (auto [word, result] : rows) EXPECT_EQ(expand(word, env, escape), result) << word.str();
}
void expectFaults(llvm::ArrayRef<llvm::StringRef> words, const Env& env = {}) {
  for (llvm::StringRef word : words) {
    SCOPED_TRACE(word.str());
    EXPECT_FAULT_SAYING(tryExpand(word, env), FaultKind::Invalid, ("failed to process \"" + word + "\": ").str());
  }
}

TEST(Expand, VAR_5_QuotesAndEscapesGoWithTheVariables) {
  expectRows({{"Rex\\ Dog", "Rex Dog"}, {"\"x y\"", "x y"}, {"'$a'\"$a\"$a\\$a", "$a11$a"}}, {{{"a", "1"}}});
}
TEST(Expand, VAR_7_TheLongestNameOfLettersDigitsAndUnderscores) {
  Env env{{{"\xc3\xa4", "u"},
           {"a_1", "x"},
           {"a", "y"},
           {"_", "z"},
           {"\xe4\xb8\xad\xd9\xa3", "han"},
           {"\xd9\xa3", "three"}}};
  expectRows({{"$a_1.$a-$_", "x.y-z"},
              {"$\xc3\xa4!${\xc3\xa4}\xe2\x82\xac", "u!u\xe2\x82\xac"},
              {"$\xe4\xb8\xad\xd9\xa3", "han"},
              {"$\xd9\xa3"
               "a",
               "threea"},
              {"$a\xe2\x82\xac", "y\xe2\x82\xac"},
              {"$a\xcc\x81", "y\xcc\x81"},  // a mark is no letter
              {"$\xff", "$\xff"}},
             env);
}
TEST(Expand, VAR_8_ANameThatBeginsWithADigitIsDigits) {
  expectRows({{"$001aaa", "daaa"}, {"${001}aaa", "daaa"}, {"$1x$2", "x"}}, {{{"001", "d"}, {"001aaa", "no"}}});
  expectFaults({"${1x}"});
}
TEST(Expand, VAR_9_NamesOfOneSpecialSign) {
  expectRows(
      {{"$@@@", "@@"}, {"a$$b", "ab"}, {"$*a$#a$?a$-a$!a$0a", "aaaaaa"}, {"${@}${*}${#}${?}${-}${$}${!}${0}", ""}});
  expectRows({{"$@$0", "az"}}, {{{"@", "a"}, {"0", "z"}}});
}
TEST(Expand, VAR_10_OtherDollarsAreLiteral) {
  expectRows({{"$.", "$."}, {"$", "$"}, {"a$ b", "a$ b"}, {"\"$\"", "$"}, {"$\"a\"", "$a"}, {"$/$", "$/$"}});
}
TEST(Expand, VAR_11_WhatIsUnsetIsEmpty) {
  expectRows({{"a${u}b$u", "ab"}, {"\"$u\"", ""}});
  EXPECT_THAT(must(tryExpand("$u${v}")).unset, ElementsAre("u", "v"));
}
TEST(Expand, VAR_12_EscapesOutsideQuotes) {
  Env env{{{"name", "v"}}};
  expectRows({{"\\$name", "$name"},
              {"\\${name}", "${name}"},
              {"hello\\", "hello"},
              {"hello\\\\", "hello\\"},
              {"abc\\tdef", "abctdef"},
              {"\\'\\\"", "'\""},
              {"\\\\$name", "\\v"}},
             env);
  expectRows({{"`$name\\", "$name\\"}, {"a``", "a`"}, {"a`", "a"}}, env, '`');
}
TEST(Expand, VAR_13_SingleQuotesAreLiteral) {
  expectRows({{"'hello\\'", "hello\\"}, {"'$n\"`'", "$n\"`"}, {"a''b", "ab"}}, {{{"n", "v"}}});
  expectFaults({"'x", "'", "a'b\\'c'"});
}
TEST(Expand, VAR_14_DoubleQuotesExpandAndEscapeThreeSigns) {
  Env env{{{"n", "v"}}};
  expectRows({{"\"abc\\tdef\"", "abc\\tdef"},
              {"\"abc\\\\tdef\"", "abc\\tdef"},
              {"\"\\$n\\\"'$n'\"", "$n\"'v'"},
              {"\"\\'\"", "\\'"}},
             env);
  expectRows({{"\"`$n`\"``\\\"", "$n\"`\\"}}, env, '`');
  expectFaults({"\"x", "\"x\\\"", "\"", "\"a\"\""});
}
TEST(Expand, VAR_15_BadFormsAreErrors) {
  expectFaults({"${}",   "${:x}", "${:}",   "${{x}",  "${.}",    "${x",    "${",     "${x=y}", "${x:=y}", "${xYYY!}",
                "${#x}", "${x:}", "${x:-y", "${x-'}", "\"${x\"", "${x^^}", "${x y}", "${ x}",  "${+x}",   "${%x}"});
}
TEST(Expand, VAR_16_VAR_17_DefaultsAndAlternatives) {
  expectRows({{"${s:-w}|${e:-w}|${u:-w}", "v|w|w"},
              {"${s-w}|${e-w}|${u-w}", "v||w"},
              {"${s:+w}|${e:+w}|${u:+w}", "w||"},
              {"${s+w}|${e+w}|${u+w}", "w|w|"},
              {"${u:-${x:-$s}}\"${u:-'q'}\"", "vq"},
              {"${u:-a\\}b}", "a}b"},
              {"${u:-\"}\"}", "}"},
              {"${u:-}${u-}${s:+}", ""}},
             {{{"s", "v"}, {"e", ""}}});
}
TEST(Expand, VAR_18_RequiredNamesTheVariable) {
  Env env{{{"e", ""}, {"s", "v"}}};
  expectRows({{"${s:?x}${s?x}${e?x}", "vv"}}, env);
  EXPECT_FAULT_SAYING(tryExpand("${u:?gone}", env), FaultKind::Invalid, "u: gone");
  EXPECT_FAULT_SAYING(tryExpand("${e:?$s gone}", env), FaultKind::Invalid, "e: v gone");
  EXPECT_FAULT_SAYING(tryExpand("${u?gone}", env), FaultKind::Invalid, "u: gone");
  EXPECT_FAULT_SAYING(tryExpand("${u?}", env), FaultKind::Invalid, "u: is not allowed to be unset");
  EXPECT_FAULT_SAYING(tryExpand("${e:?}", env), FaultKind::Invalid, "e: is not allowed to be unset or empty");
}
TEST(Expand, VAR_19_PrefixesAndSuffixes) {
  expectRows({{"${v#f*b}", "arbaz"},
              {"${v##f*b}", "az"},
              {"${v%b*}", "foobar"},
              {"${v%%b*}", "foo"},
              {"${v#x}${v%x}", "foobarbazfoobarbaz"},
              {"${v#*}|${v##*}|${v%*}|${v%%*}", "foobarbaz||foobarbaz|"},
              {"${v#$p}", "obarbaz"},
              {"${v##\"f\"?}", "obarbaz"},
              {"${u#a}${u%%*}", ""}},
             {{{"v", "foobarbaz"}, {"p", "f?"}}});
}
TEST(Expand, VAR_20_ReplacementOfTheFirstOrEveryMatch) {
  expectRows({{"${v/ba?/X}", "fooXbaz"},
              {"${v//ba?/X}", "fooXX"},
              {"${v//b/}", "fooaraz"},
              {"${v/o*b/-}", "f-az"},
              {"${v/q/X}", "foobarbaz"},
              {"${v/b/${w:-[$v]}}", "foo[foobarbaz]arbaz"}},
             {{{"v", "foobarbaz"}}});
  expectFaults({"${v//p}", "${v/p}", "${v/p/", "${v/", "${v//"});
}
TEST(Expand, VAR_21_PatternsKnowTwoWildcards) {
  Env env{{{"v", "a.b[c]*d?e\\f}/g"}, {"u", "\xc3\xa4\xc3\xb6"}}};
  expectRows({{"${v/[a-z]/x}", env.values["v"]},
              {"${v/[c]/x}", "a.bx*d?e\\f}/g"},
              {"${v/./x}", "axb[c]*d?e\\f}/g"},
              {"${v/\\*/x}", "a.b[c]xd?e\\f}/g"},
              {"${v/\\?/x}", "a.b[c]*dxe\\f}/g"},
              {"${v/\\\\\\\\/x}", env.values["v"]},
              {"${v/\\\\/x}", "a.b[c]*d?exf}/g"},
              {"${v/\\}/x}", "a.b[c]*d?e\\fx/g"},
              {"${v/\\//x}", "a.b[c]*d?e\\f}xg"},
              {"${v##*/}", "g"},
              {"${u/?/x}", "x\xc3\xb6"},
              {"${u%?}", "\xc3\xa4"},
              {"${v/^a/x}${v/g$/x}${v/(a|b)/x}", env.values["v"] + env.values["v"] + env.values["v"]}},
             env);
  expectFaults({"${v/\\q/x}", "${v#\\a}", "${v%\\n}"}, env);
}
TEST(Expand, VAR_22_AColonBeforeAPatternIsAnError) {
  for (llvm::StringRef word : {"${x:#y}", "${x:%y}", "${x:/a/b}", "${x:##y}"})
    EXPECT_FAULT_SAYING(tryExpand(word), FaultKind::Invalid, "unsupported modifier (:");
}
TEST(Expand, VAR_23_AReplacementKeepsItsEscapesAndDollars) {
  Env env{{{"F", "/a/b"}, {"v", "abc"}, {"d", "$1${F}"}}};
  expectRows({{"${F//\\//\\/}", "\\/a\\/b"},
              {"${v/b/\\n}", "a\\nc"},
              {"${v/b/\"x\\\"y\"}", "ax\\\"yc"},
              {"${v/b/$d}", "a$1${F}c"}},
             env);
  expectRows({{"${v/b/`/}", "a`/c"}, {"${v/b/`}}", "a`}c"}, {"${v/b/\\}", "a\\c"}}, env, '`');
}
TEST(Expand, VAR_24_ThePatternMayComeFromAVariable) {
  expectRows({{"${G/$NEEDLE/.}", "x.y"}, {"${G#$ANY}", "/y"}, {"${G//\"$NEEDLE\"/.}", "x.y"}},
             {{{"NEEDLE", "\\*/"}, {"G", "x*/y"}, {"ANY", "x?"}}});
}
TEST(Expand, VAR_25_EmptyPatterns) {
  expectRows({{"${v#}${v%}${v##}${v%%}", "abababab"}, {"${v/$EMPTY/x}", "xab"}, {"${v#$EMPTY}", "ab"}},
             {{{"v", "ab"}, {"EMPTY", ""}}});
  expectRows({{"${v/*/x}", "x"}, {"${v//*/x}", "x"}, {"${v/a*/x}", ""}, {"${w//*/x}", "x"}},
             {{{"v", ""}, {"w", "abc"}}});
}
TEST(Expand, VAR_26_AnErrorNamesTheWholeWord) {
  EXPECT_FAULT_SAYING(tryExpand("before${x:?no}after"), FaultKind::Invalid,
                      "failed to process \"before${x:?no}after\": x: no");
}
TEST(Expand, VAR_27_NamesAreCaseSensitive) { expectRows({{"$a$A$b", "12"}}, {{{"a", "1"}, {"A", "2"}, {"B", "3"}}}); }
TEST(Expand, SplittingTakesWhiteSpaceOutsideQuotes) {
  auto words = [](llvm::StringRef word, Env env = {}) { return must(expandWords(word, env)); };
  EXPECT_THAT(words(" a\t b\nc "), ElementsAre("a", "b", "c"));
  EXPECT_THAT(words("\"a b\"' c'\\ d e"), ElementsAre("a b c d", "e"));
  EXPECT_THAT(words("a\xc2\xa0"
                    "b\xe3\x80\x80$v",
                    {{{"v",
                       "c\xe2\x80\xa8"
                       "d"}}}),
              ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(words("x$v\"$v\"", {{{"v", " p q "}}}), ElementsAre("x", "p", "q", " p q "));
  EXPECT_THAT(words("\"\" a '' $u \"$u\""), ElementsAre("a"));  // what comes out empty is no word
  EXPECT_THAT(words("${u:-a b}\"${u:-a b}\""), ElementsAre("a", "ba b"));
  EXPECT_THAT(words(""), ElementsAre());
}
TEST(Expand, LongPatternsOverLongValuesEnd) {
  std::string value(64 << 10, 'a'), one(32 << 10, '?'), mixed;
  one.back() = 'x';
  for (int i = 0; i < 15 << 10; ++i) mixed += "a?";
  Env env{{{"v", value},
           {"p", one},
           {"q", "*b*" + std::string(32 << 10, 'a')},
           {"r", mixed + "b"},
           {"s", "*" + mixed + "*b*" + mixed}}};
  for (llvm::StringRef word : {"${v%$p}", "${v%%$p}", "${v##$p}", "${v//$p/y}", "${v//$q/y}", "${v%%$q}", "${v/$r/y}",
                               "${v%$r}", "${v##$s}", "${v//$s/}"})
    EXPECT_EQ(expand(word, env).size(), value.size()) << word.str();
}
TEST(Expand, HostilePatternsAndNestingEnd) {
  EXPECT_EQ(expand("${v%%*a*a*a*a*a*a*a*a*b}", {{{"v", std::string(2000, 'a')}}}).size(), 2000u);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "${a:-";
  EXPECT_FAULT(tryExpand(deep), FaultKind::Invalid);
}
TEST(Expand, ValuesThatGrowWithoutBoundAreRefused) {
  Env env{{{"v", std::string(3000, 'a')}, {"w", std::string(3 << 20, 'b')}}};
  EXPECT_FAULT_SAYING(tryExpand("${v//a/${v//a/$v}}", env), FaultKind::Invalid, "more than 4194304 bytes");
  EXPECT_FAULT_SAYING(tryExpand("$w$w", env), FaultKind::Invalid, "more than 4194304 bytes");
  EXPECT_EQ(shown("$w$w", env).size(), (3u << 20) + 2);
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
  EXPECT_EQ(shown("$a ${a} $b ${b} \\$a ${a:-x}", env), "1 1 $b ${b} \\$a ${a:-x}");
}

}  // namespace
}  // namespace strata::builder

#include "builder/context/glob.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {

using testing::must;

bool matches(llvm::StringRef pattern, llvm::StringRef path) { return must(matchWildcard(pattern, path)); }

TEST(GlobTest, COPY_9_StarsAndQuestionMarksStopAtSlashes) {
  EXPECT_TRUE(matches("*", "name"));
  EXPECT_FALSE(matches("*", "a/b"));
  EXPECT_TRUE(matches("*.c", "main.c"));
  EXPECT_FALSE(matches("*.c", "src/main.c"));
  EXPECT_TRUE(matches("src*", "src"));
  EXPECT_FALSE(matches("src*", "src/x"));
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "a/c"));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(matches("a*b*c", "a-b-b-d"));
  EXPECT_TRUE(matches("**", "name"));
  EXPECT_FALSE(matches("**", "a/b"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("a", ""));
}

TEST(GlobTest, COPY_9_ClassesNegateAndQuote) {
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[a-c]x", "dx"));
  EXPECT_TRUE(matches("[^x]", "y"));
  EXPECT_FALSE(matches("[^x]", "x"));
  EXPECT_FALSE(matches("[^x]", "/"));
  EXPECT_TRUE(matches("a[[]b", "a[b"));
  EXPECT_TRUE(matches("[\\]a]", "]"));
  EXPECT_TRUE(matches("[\\-]", "-"));
  EXPECT_FALSE(matches("[!a]", "b"));
  EXPECT_TRUE(matches("[!a]", "!"));
  EXPECT_TRUE(matches("a\\*b", "a*b"));
  EXPECT_FALSE(matches("a\\*b", "axb"));
}

TEST(GlobTest, COPY_10_HiddenFilesMatch) { EXPECT_TRUE(matches("*", ".hidden")); }

TEST(GlobTest, COPY_14_CharactersAreCodePoints) {
  EXPECT_TRUE(matches("?", "ä"));
  EXPECT_TRUE(matches("[α-ω]", "λ"));
  EXPECT_TRUE(matches("ä*", "äb"));
  EXPECT_TRUE(matches("a+%20b", "a+%20b"));
  EXPECT_TRUE(matches("?", "\xff"));
  EXPECT_FALSE(matches("?", "\xc3\xa4\xff"));
}

TEST(GlobTest, BadPatternsAreFaults) {
  for (const char* pattern : {"[", "[]", "[a", "[a-", "[a-]", "[]a]", "[-x]", "a\\", "[x-]", "[^]"})
    EXPECT_FAULT_SAYING(matchWildcard(pattern, "a"), FaultKind::Invalid, "syntax error in pattern");
}

TEST(GlobTest, AHostilePatternCostsLittle) {
  std::string pattern, name(5000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", name));
}

TEST(GlobTest, OnlyUnquotedWildcardsCount) {
  EXPECT_TRUE(hasWildcard("a*"));
  EXPECT_TRUE(hasWildcard("[[]"));
  EXPECT_FALSE(hasWildcard("plain"));
  EXPECT_FALSE(hasWildcard("a\\*"));
}

}  // namespace
}  // namespace strata::builder

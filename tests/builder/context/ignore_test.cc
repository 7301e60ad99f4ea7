#include "builder/context/glob.h"
#include "builder/context/ignore_cursor.h"
#include "tests/support/testing.h"

#include <chrono>

namespace strata::builder {
namespace {

using testing::must;

bool excludes(llvm::StringRef text, llvm::StringRef path) { return must(IgnoreMatcher::parse(text)).excludes(path); }

TEST(IgnoreTest, IGN_4_CommentsBlankLinesAndByteOrderMarks) {
  auto matcher = must(IgnoreMatcher::parse("\xef\xbb\xbf# comment\n\n  a  \r\n #b\nc"));
  EXPECT_THAT(matcher.patterns(), ::testing::ElementsAre("a", "#b", "c"));
  EXPECT_TRUE(matcher.excludes("#b"));
}

TEST(IgnoreTest, IGN_5_NegationsAndTheLoneMark) {
  EXPECT_FALSE(excludes("a*\n!  ab", "ab"));
  EXPECT_TRUE(excludes("a*\n!ab", "ac"));
  EXPECT_FAULT_SAYING(IgnoreMatcher::parse("a\n!\n"), FaultKind::Invalid, "illegal exclusion pattern");
  EXPECT_FAULT_SAYING(IgnoreMatcher::parse("a\n! \n"), FaultKind::Invalid, ".dockerignore:2");
}

TEST(IgnoreTest, IGN_6_PatternsAreCleaned) {
  for (const char* pattern : {"foo", "/foo", "foo/", "./foo", "x/../foo", "//foo//", "/./foo"})
    EXPECT_TRUE(excludes(pattern, "foo")) << pattern;
  EXPECT_FALSE(excludes(".", "foo"));
  EXPECT_FALSE(excludes("../foo", "foo"));
  EXPECT_FALSE(excludes("/", "foo"));
}

TEST(IgnoreTest, IGN_7_PatternsAreAnchored) {
  EXPECT_TRUE(excludes("foo", "foo"));
  EXPECT_TRUE(excludes("foo", "foo/below/it"));
  EXPECT_FALSE(excludes("foo", "a/foo"));
  EXPECT_TRUE(excludes("*/foo", "a/foo"));
  EXPECT_FALSE(excludes("*/foo", "foo"));
  EXPECT_FALSE(excludes("*/foo", "a/b/foo"));
  EXPECT_TRUE(excludes("**/foo", "foo"));
  EXPECT_TRUE(excludes("**/foo", "a/b/foo"));
  EXPECT_TRUE(excludes("**/foo", "a/b/foo/c"));
}

TEST(IgnoreTest, IGN_8_ClassesQuotesAndBadSyntax) {
  EXPECT_TRUE(excludes("*.[oa]", "x.o"));
  EXPECT_FALSE(excludes("*.[^oa]", "x.o"));
  EXPECT_TRUE(excludes("a\\*", "a*"));
  EXPECT_FALSE(excludes("a\\*", "ab"));
  EXPECT_FAULT_SAYING(IgnoreMatcher::parse("ok\n[x\n"), FaultKind::Invalid, ".dockerignore:2");
  EXPECT_FAULT(IgnoreMatcher::fromPatterns({std::string("a/[")}), FaultKind::Invalid);
}

TEST(IgnoreTest, IGN_9_DoubleStars) {
  EXPECT_TRUE(excludes("a/**/b", "a/b"));
  EXPECT_TRUE(excludes("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(excludes("a/**/b", "b"));
  EXPECT_FALSE(excludes("dir/**", "dir"));
  EXPECT_TRUE(excludes("dir/**", "dir/x"));
  EXPECT_TRUE(excludes("dir/**", "dir/x/y"));
  EXPECT_TRUE(excludes("**", "anything/at/all"));
  EXPECT_TRUE(excludes("**foo", "foo"));
  EXPECT_TRUE(excludes("**foo", "a/b/xfoo"));
  EXPECT_FALSE(excludes("**foo", "a/foox"));
  EXPECT_TRUE(excludes("**/a/**/a/**/z", "a/a/a/a/q/z"));
  EXPECT_TRUE(excludes("**/**/*.txt", "x.txt"));
  EXPECT_TRUE(excludes("a**/b", "a/x/b"));
  EXPECT_TRUE(excludes("a**", "ab/c"));
}

TEST(IgnoreTest, IGN_10_TheLastMatchWins) {
  EXPECT_TRUE(excludes("a\n!a\na", "a"));
  EXPECT_FALSE(excludes("a\n!a", "a"));
  EXPECT_FALSE(excludes("*.md\n!README.md", "README.md"));
  EXPECT_TRUE(excludes("!README.md\n*.md", "README.md"));
}

TEST(IgnoreTest, IGN_11_WhatIsTakenBackBelowAnExcludedDirectory) {
  auto matcher = must(IgnoreMatcher::parse("node_modules\n!node_modules/keep\n"));
  EXPECT_TRUE(matcher.excludes("node_modules"));
  EXPECT_TRUE(matcher.excludes("node_modules/other"));
  EXPECT_FALSE(matcher.excludes("node_modules/keep"));
  EXPECT_FALSE(matcher.excludes("node_modules/keep/below"));
  EXPECT_TRUE(matcher.mayReincludeBelow("node_modules"));
  EXPECT_FALSE(matcher.mayReincludeBelow("node_modules/other"));
  EXPECT_FALSE(excludes("ba*\n!bay", "bay"));
  EXPECT_TRUE(excludes("**\n!Dockerfile", "x/Dockerfile"));
  EXPECT_FALSE(excludes("**\n!Dockerfile", "Dockerfile"));
}

TEST(IgnoreTest, ANegationBeforeTheRuleThatExcludesBringsNothingBack) {
  auto matcher = must(IgnoreMatcher::parse("!a/keep\na"));
  EXPECT_TRUE(matcher.excludes("a/keep"));
  EXPECT_FALSE(matcher.mayReincludeBelow("a"));
}

TEST(IgnoreTest, IGN_12_CaseMatters) { EXPECT_FALSE(excludes("readme", "README")); }

TEST(IgnoreTest, TheRuleThatExcludesIsNamed) {
  auto matcher = must(IgnoreMatcher::parse("# logs\n*.log\nbuild\n", "app.Dockerfile.dockerignore"));
  EXPECT_EQ(matcher.reasonFor("x.log"), "app.Dockerfile.dockerignore:2 '*.log'");
  EXPECT_EQ(matcher.reasonFor("build/deep/down"), "app.Dockerfile.dockerignore:3 'build'");
  EXPECT_EQ(matcher.reasonFor("src"), "");
}

TEST(IgnoreTest, TheCursorSaysWhatWholePathsSay) {
  auto matcher = must(IgnoreMatcher::parse("a/b\n!a/b/c\n**/x*\n!**/xy\n*.o\nd**e\n"));
  auto root = IgnoreCursor::atRoot(matcher);
  EXPECT_TRUE(root.excludes("m.o"));
  EXPECT_FALSE(root.enter("a").excludes("m.o"));
  auto below = root.enter("a").enter("b");
  EXPECT_TRUE(below.excluded());
  EXPECT_FALSE(below.excludes("c"));
  EXPECT_TRUE(below.enter("q").excluded());
  EXPECT_TRUE(root.enter("a").excludes("xz"));
  EXPECT_FALSE(root.enter("a").excludes("xy"));
  EXPECT_TRUE(root.enter("d").enter("q").excludes("e"));
}

TEST(IgnoreTest, FiftyThousandPathsAgainstFiftyPatternsAreCheap) {
  std::string text;
  for (int i = 0; i < 25; ++i) text += "**/name" + std::to_string(i) + "\nfolder" + std::to_string(i) + "/*.tmp\n";
  auto matcher = must(IgnoreMatcher::parse(text));
  auto root = IgnoreCursor::atRoot(matcher);
  auto began = std::chrono::steady_clock::now();
  int excluded = 0;
  for (int directory = 0; directory < 1000; ++directory) {
    auto cursor = root.enter("d" + std::to_string(directory));
    for (int file = 0; file < 50; ++file) excluded += cursor.excludes("name" + std::to_string(file));
  }
  auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(excluded, 25'000);
  EXPECT_LT(std::chrono::duration<double>(took).count(), 1.0);
}

}  // namespace
}  // namespace strata::builder

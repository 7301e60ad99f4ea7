#include "support/process.h"
#include "tests/structure/made_up_tree.h"
#include "tests/structure/source_text.h"

namespace strata::structure {

namespace {

using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;

/// What scripts/dockerfile-support of this tree says about another.
ProcessResult support(const std::string& root, std::vector<std::string> arguments = {}) {
  std::vector<std::string> argv = {"env", "STRATA_SOURCE_DIR=" + root, "python3",
                                   STRATA_SOURCE_DIR "/scripts/dockerfile-support"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return must(runProcess({.argv = argv}));
}

/// Four statements, each with what its kind asks for.
MadeUpTree provenTree() {
  MadeUpTree tree;
  tree.with(
      "docs/dockerfile-statements.txt",
      "# a comment\n\n[LEX] Lines\nLEX-1\nLEX-2\nLEX-3 - no such machine\n\n[DIFF] Differences\nDIFF-1 = LEX-2\n");
  tree.with("tests/builder/parse_test.cc", "TEST(Parse, LEX_1_LEX_2_Lines) {\n");
  return tree;
}

TEST(StatementsTest, EveryStatementHasItsTestsAndStandsOnThePage) {
  ProcessResult checked = support(STRATA_SOURCE_DIR, {"--check"});
  EXPECT_EQ(checked.exitCode, 0) << checked.errors;
}

TEST(StatementsRuleTest, ThePageNamesTheTestsOfEveryStatement) {
  MadeUpTree tree = provenTree();
  tree.with("tests/builder/more_test.cc", "TEST_P(\n    More, Again_LEX_2) {\n  // TEST(No, LEX_1_Comment)\n");
  tree.with("tests/e2e/lines_test.sh", "  covers LEX-1 LEX-2\nuncovers LEX-1\n");
  tree.with("tests/data/build/crlf/covers", "LEX-1\n");
  tree.with("docs/projects.txt", "# name\na/b 0123456789abcdef docker/Dockerfile parses, plans\n");
  EXPECT_EQ(support(tree.root()).exitCode, 0);
  std::string page = textOf(tree.root() + "/docs/dockerfile-support.md");
  EXPECT_THAT(page, HasSubstr("## Lines\n"));
  EXPECT_THAT(page, HasSubstr("| LEX-1 | `Parse.LEX_1_LEX_2_Lines`, `e2e.lines`, `build/crlf` |\n"));
  EXPECT_THAT(page, HasSubstr("| LEX-2 | `More.Again_LEX_2`, `Parse.LEX_1_LEX_2_Lines`, `e2e.lines` |\n"));
  EXPECT_THAT(page, HasSubstr("| LEX-3 | left out: no such machine |\n"));
  EXPECT_THAT(page, HasSubstr("| DIFF-1 | as LEX-2 |\n"));
  EXPECT_THAT(page, HasSubstr("| a/b | 0123456789ab | docker/Dockerfile | parses, plans |\n"));
  EXPECT_EQ(support(tree.root(), {"--check"}).exitCode, 0);
}

TEST(StatementsRuleTest, WhatIsLeftOutInPartNeedsItsTestsAllTheSame) {
  MadeUpTree tree = provenTree();
  tree.with("docs/dockerfile-statements.txt", "[LEX] Lines\nLEX-1 ~ the second half\nLEX-2\nLEX-3 ~ the first\n");
  EXPECT_EQ(support(tree.root()).exitCode, 0);
  std::string page = textOf(tree.root() + "/docs/dockerfile-support.md");
  EXPECT_THAT(page, HasSubstr("| LEX-1 | `Parse.LEX_1_LEX_2_Lines`; without the second half |\n"));
  EXPECT_THAT(page, HasSubstr("Left out on purpose: 0, in part 2."));
  EXPECT_THAT(support(tree.root(), {"--check"}).errors, HasSubstr("LEX-3 has no test"));
}

TEST(StatementsRuleTest, AStalePageIsFound) {
  MadeUpTree tree = provenTree();
  EXPECT_THAT(support(tree.root(), {"--check"}).errors, HasSubstr("not up to date: run scripts/dockerfile-support"));
  EXPECT_EQ(support(tree.root()).exitCode, 0);
  tree.with("tests/builder/parse_test.cc", "TEST(Parse, LEX_1_LEX_2_OtherLines) {\n");
  EXPECT_EQ(support(tree.root(), {"--check"}).exitCode, 1);
}

TEST(StatementsRuleTest, AStatementWithoutATestIsFoundAndATestWithoutAStatement) {
  MadeUpTree tree = provenTree();
  tree.with("tests/builder/parse_test.cc", "TEST(Parse, LEX_1_7_Lines) {\nTEST_F(Parse, UTF_8_LEX_9_Text) {\n");
  EXPECT_EQ(support(tree.root()).exitCode, 0);
  ProcessResult checked = support(tree.root(), {"--check"});
  EXPECT_EQ(checked.exitCode, 1);
  EXPECT_THAT(checked.errors, HasSubstr("LEX-2 has no test\n"));
  EXPECT_THAT(checked.errors, HasSubstr("LEX-9 is no statement, but Parse.UTF_8_LEX_9_Text names it\n"));
  for (const char* fine : {"LEX-1 ", "LEX-3", "DIFF-1", "UTF-8 is", "not up to date"})
    EXPECT_THAT(checked.errors, Not(HasSubstr(fine)));
}

}  // namespace

}  // namespace strata::structure

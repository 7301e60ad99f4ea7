#include "analyzer/advice/ignore_edit.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

constexpr IgnoreRule kLogs{"*.log", "logs", "", ""}, kGit{".git", "git history", "", ""};

bool named(const char* text, const IgnoreRule& rule) {
  FileLines lines(text);
  return IgnoreEdit(lines).isNamed(rule);
}

/// The file with a line for logs, and one for .git below the top, too.
std::string edited(const char* text) {
  FileLines lines(text);
  IgnoreEdit edit(lines);
  edit.add(kLogs, false);
  edit.add(kGit, true);
  return lines.edited(edit.edits()).value_or("refused");
}

TEST(IgnoreEdit, TellsLinesThatAreAboutSuchFiles) {
  for (const char* line : {"*.log", "!keep.log", "! logs/keep.log", "**/*.l?g", "!debug.*", "a/[x].log"})
    EXPECT_TRUE(named(line, kLogs)) << line;
  for (const char* line : {"*", "!src", "**", "!src/**", "# keep.log", "log", "", "logs/", "*.txt"})
    EXPECT_FALSE(named(line, kLogs)) << line;
  EXPECT_TRUE(named("!.git/HEAD", kGit));
  EXPECT_TRUE(named("**/.*", kGit));
  EXPECT_FALSE(named(".github", kGit));
}

TEST(IgnoreEdit, LinesStandAtTheEndOrInFrontOfThoseThatBringBack) {
  EXPECT_EQ(edited(""), "*.log\n**/.git\n");
  EXPECT_EQ(edited("*\n!src\n"), "*\n!src\n*.log\n**/.git\n");
  EXPECT_EQ(edited("a\n!keep.log\n!b\n"), "a\n*.log\n!keep.log\n!b\n**/.git\n");
  EXPECT_EQ(edited("!keep.log\n!.git/HEAD"), "*.log\n**/.git\n!keep.log\n!.git/HEAD");
  EXPECT_EQ(edited("*.log\n"), "*.log\n*.log\n**/.git\n") << "without '!' the place does not matter";
}

}  // namespace
}  // namespace strata::analyzer

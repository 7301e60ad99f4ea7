#include "cli/console.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {

TEST(ConsoleTest, EscapeSequencesOfAProgramNeverReachTheTerminal) {
  EXPECT_EQ(shownLine("\x1b[31mred\x1b[0m"), "red");
  EXPECT_EQ(shownLine("\x1b]0;title\x07text"), "text");
  EXPECT_EQ(shownLine("\x1b]0;title\x1b\\text"), "text");
  EXPECT_EQ(shownLine("\x1b"
                      "ctext\x1b"),
            "text");
  EXPECT_EQ(shownLine("a\xc2\x9b"
                      "2Jb"),
            "a2Jb");
  EXPECT_EQ(shownLine("a\x07\x08"), "a\\x07\\x08");
}

TEST(ConsoleTest, OfAnOverwrittenLineTheLastStateIsShown) {
  EXPECT_EQ(shownLine("10%\r50%\r100%\r\n"), "100%");
  EXPECT_EQ(shownLine("a\tb"), "a b");
  EXPECT_EQ(shownLine("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

}  // namespace
}  // namespace strata::cli

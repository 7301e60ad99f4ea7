#include "analyzer/advice/dockerfile_lines.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

TEST(FileLines, KeepsEveryByteThatIsNotEdited) {
  FileLines lines(
      "\xef\xbb\xbf"
      "FROM a\r\n  RUN b \r\n\r\nRUN c");
  EXPECT_EQ(lines.count(), 4u);
  EXPECT_EQ(lines.line(2), "  RUN b ");
  EXPECT_EQ(lines.edited({}), lines.text());
  EXPECT_EQ(lines.edited({{2, 2, {"RUN d", "RUN e"}}}),
            "\xef\xbb\xbf"
            "FROM a\r\nRUN d\r\nRUN e\r\n\r\nRUN c");
  EXPECT_EQ(lines.edited({{5, 4, {"RUN f"}}}), lines.text() + "\r\nRUN f\r\n") << "behind a line without an end";
}

TEST(FileLines, MovesALine) {
  FileLines lines("a\nb\nc\n");
  EXPECT_EQ(lines.edited({{1, 1, {}}, {4, 3, {"a"}}}), "b\nc\na\n");
  EXPECT_EQ(lines.edited({{4, 3, {"a"}}, {1, 1, {}}}), "b\nc\na\n") << "in any order";
}

TEST(FileLines, RefusesEditsOfTheSameLines) {
  FileLines lines("a\nb\nc\n");
  EXPECT_EQ(lines.edited({{1, 2, {}}, {2, 2, {"x"}}}), std::nullopt);
  EXPECT_EQ(lines.edited({{2, 1, {"x"}}, {2, 1, {"y"}}}), std::nullopt) << "which of them would come first?";
  EXPECT_EQ(lines.edited({{3, 4, {}}}), std::nullopt) << "there is no line 4";
}

TEST(FileLines, TellsIdleLines) {
  FileLines lines("# a\n\n  # b\nRUN c\n");
  EXPECT_TRUE(lines.areIdle(1, 3));
  EXPECT_FALSE(lines.areIdle(3, 4));
  EXPECT_TRUE(lines.areIdle(4, 3)) << "nothing is in between";
}

}  // namespace
}  // namespace strata::analyzer

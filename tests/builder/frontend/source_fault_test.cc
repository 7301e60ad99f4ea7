#include "builder/frontend/source_fault.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::faultOf;

SourceText numbered(unsigned lines) {
  std::string text;
  for (unsigned i = 1; i <= lines; ++i) text += "line " + std::to_string(i) + "\n";
  return SourceText("Dockerfile", text);
}
SourceRange lines(uint32_t first, uint32_t last) { return {{first, 0}, {last + 1, 0}}; }
constexpr llvm::StringLiteral kRule = "--------------------\n";

TEST(SourceFault, ERR_1_ERR_2_NameExcerptAndCause) {
  SourceText source("Dockerfile", "FROM scratch\nENV a=b\nCOPY --foo=bar / /\nENV c=d\n");
  EXPECT_EQ(
      faultOf(parseFault(source, lines(3, 3), "unknown flag: --foo (did you mean from?)")).message,
      "Dockerfile:3\n--------------------\n   1 |     FROM scratch\n   2 |     ENV a=b\n   3 | >>> COPY --foo=bar / "
      "/\n   4 |     ENV c=d\n--------------------\n"
      "dockerfile parse error on line 3: unknown flag: --foo (did you mean from?)");
}
TEST(SourceFault, ERR_2_NumbersAreThreeWide) {
  EXPECT_EQ(numbered(1200).excerpt(lines(1000, 1000)),
            ("Dockerfile:1000\n" + kRule +
             " 998 |     line 998\n 999 |     line 999\n 1000 | >>> line 1000\n"
             " 1001 |     line 1001\n 1002 |     line 1002\n" +
             kRule)
                .str());
}
TEST(SourceFault, ERR_3_TwoLinesEitherSideOfOneLine) {
  EXPECT_EQ(numbered(9).excerpt(lines(5, 5)),
            ("Dockerfile:5\n" + kRule +
             "   3 |     line 3\n   4 |     line 4\n   5 | >>> line 5\n   6 |     line 6\n"
             "   7 |     line 7\n" +
             kRule)
                .str());
}
TEST(SourceFault, ERR_3_ERR_4_OneLineEitherSideOfSeveral) {
  EXPECT_EQ(numbered(9).excerpt(lines(4, 6)),
            ("Dockerfile:4\n" + kRule +
             "   3 |     line 3\n   4 | >>> line 4\n   5 | >>> line 5\n   6 | >>> line 6\n"
             "   7 |     line 7\n" +
             kRule)
                .str());
}
TEST(SourceFault, ERR_3_EdgesClip) {
  EXPECT_EQ(numbered(9).excerpt(lines(1, 1)), ("Dockerfile:1\n" + kRule +
                                               "   1 | >>> line 1\n   2 |     line 2\n"
                                               "   3 |     line 3\n" +
                                               kRule)
                                                  .str());
  EXPECT_EQ(numbered(9).excerpt(lines(9, 9)), ("Dockerfile:9\n" + kRule +
                                               "   7 |     line 7\n   8 |     line 8\n"
                                               "   9 | >>> line 9\n" +
                                               kRule)
                                                  .str());
  EXPECT_EQ(numbered(2).excerpt(lines(1, 2)),
            ("Dockerfile:1\n" + kRule + "   1 | >>> line 1\n   2 | >>> line 2\n" + kRule).str());
}
TEST(SourceFault, APartOfALineIsUnderlined) {
  SourceText source("Dockerfile", "COPY --foo=bar / /\n");
  EXPECT_EQ(source.excerpt({{1, 5}, {1, 14}}),
            ("Dockerfile:1\n" + kRule + "   1 | >>> COPY --foo=bar / /\n     |          ^^^^^^^^^\n" + kRule).str());
}
TEST(SourceFault, WhatComesFromNoFileHasNoExcerpt) {
  EXPECT_EQ(faultOf(sourceFault(numbered(3), {}, "wrong")).message, "wrong");
}
TEST(SourceFault, PlaceAndCauseCanBeAskedFor) {
  llvm::handleAllErrors(sourceFault(numbered(3), lines(2, 2), "wrong", FaultKind::NotFound),
                        [](const SourceFault& fault) {
                          EXPECT_EQ(fault.cause(), "wrong");
                          EXPECT_EQ(fault.range().firstLine(), 2u);
                          EXPECT_EQ(fault.kind(), FaultKind::NotFound);
                        });
}

}  // namespace
}  // namespace strata::builder

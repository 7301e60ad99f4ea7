#include "builder/frontend/lines.h"

#include "tests/builder/frontend/read_text.h"

namespace strata::builder {
namespace {
using ::testing::HasSubstr;
using testing::must;
using ::testing::Not;

TEST(Lines, LEX_1_CrlfReadsAsLf) {
  EXPECT_EQ(dump("FROM a\r\nRUN b \\\r\n c\r\n"), dump("FROM a\nRUN b \\\n c\n"));
  EXPECT_EQ(dump("FROM a\r\r\nCOPY <<E /x\r\nb\r\nE\r\nUSER u"), "(from \"a\")\n(copy \"<<E\" \"/x\")\n(user \"u\")\n");
}
TEST(Lines, LEX_2_AByteOrderMarkIsDroppedAndShiftsNoColumn) {
  EXPECT_EQ(dump("\xef\xbb\xbf# escape=`\nRUN a `\n b\n"), "(run \"a  b\")\n");
  Ast ast = must(parse("\xef\xbb\xbf  USER u\n"));
  EXPECT_EQ(ast.nodes[0].args[0].range.begin, (SourcePosition{1, 10}));  // of the line as it is, mark included
  EXPECT_EQ(ast.source->line(1).substr(10), "u");
  EXPECT_EQ(dump("USER \xef\xbb\xbfu\n"), "(user \"\\ufeffu\")\n");  // only at offset 0
}
TEST(Lines, LEX_3_AFileWithoutInstructionsIsRefused) {
  EXPECT_FAULT_SAYING(parse(""), FaultKind::Invalid, "Dockerfile cannot be empty");
  for (llvm::StringRef text : {"# only\n\n", "\n", " ", "# escape=`"})
    EXPECT_FAULT_SAYING(parse(text), FaultKind::Invalid, "file with no instructions");
}
TEST(Lines, LEX_4_ALongLineIsRefusedByName) {
  auto line = [](size_t bytes, llvm::StringRef begin) { return begin.str() + std::string(bytes - begin.size(), 'x'); };
  std::string longest = line(65535, "RUN "), longer = line(65536, "RUN ");
  must(parse("FROM a\n" + longest));
  must(parse("FROM a\n" + longest + "\n"));
  EXPECT_FAULT_SAYING(parse("FROM a\n" + longer), FaultKind::Invalid, "65535");
  EXPECT_FAULT_SAYING(parse("FROM a\n" + longer + "\nUSER u\n"), FaultKind::Invalid, "parse error on line 2: ");
  EXPECT_FAULT_SAYING(parse("FROM a\n" + longest + "\r\n"), FaultKind::Invalid, "65535");  // a CR is of the line
  EXPECT_FAULT_SAYING(parse(line(65536, "# syntax=") + "\nFROM a\n"), FaultKind::Invalid, "65535");
  EXPECT_FAULT_SAYING(parse("FROM a\n" + line(65536, "#") + "\n"), FaultKind::Invalid, "65535");
  EXPECT_FAULT_SAYING(parse("RUN <<E\n" + longer + "\nE\n"), FaultKind::Invalid, "65535");
}
TEST(Lines, LEX_5_BlanksBeforeAKeywordOrACommentAreIgnored) {
  EXPECT_EQ(dump(" \t\v\f USER u\n \t# c\n\xc2\xa0USER v\n"), "(user \"u\")\n(user \"v\")\n");
  EXPECT_EQ(dump("\\\n  FROM a\n"), "(from \"a\")\n");
}
TEST(Lines, LEX_6_CommentsVanishAlsoInsideAnInstruction) {
  EXPECT_EQ(dump("# c\nRUN a \\\n# one\n  \t# two\n b # stays\n"), "(run \"a  b # stays\")\n");
  EXPECT_EQ(dump("USER u#x\n"), "(user \"u#x\")\n");
}
TEST(Lines, LEX_7_ACommentNeverContinues) {
  EXPECT_EQ(dump("# c \\\nUSER u\nRUN a \\\n# c \\\n b\nUSER v\n"), "(user \"u\")\n(run \"a  b\")\n(user \"v\")\n");
}
TEST(Lines, LEX_8_WhatContinuesALine) {
  EXPECT_EQ(dump("RUN a\\ \t \n b\n"), "(run \"a b\")\n");
  EXPECT_EQ(dump("RUN a\\\n\\ \n b\n"), "(run \"a b\")\n");                   // nothing but the sign
  EXPECT_EQ(dump("RUN a\\\v\nUSER u\n"), "(run \"a\\\\\")\n(user \"u\")\n");  // blanks and tabs alone may follow
  EXPECT_EQ(dump("# escape=`\nRUN a `\n b\\\nUSER u\n"), "(run \"a  b\\\\\")\n(user \"u\")\n");
}
TEST(Lines, LEX_9_ContinuationInsertsNothingAndKeepsBlanks) {
  EXPECT_EQ(dump("RUN echo hello\\\n  world\\\n\\\n!\n"), "(run \"echo hello  world!\")\n");
}
TEST(Lines, LEX_10_TwoAndThreeEscapesDoNotContinue) {
  EXPECT_EQ(dump("ENV C a\\\\\nENV D b\\\\\\\nUSER u\n"),
            "(env \"C\" \"a\\\\\\\\\" \"\")\n(env \"D\" \"b\\\\\\\\\\\\\" \"\")\n(user \"u\")\n");
}
TEST(Lines, LEX_11_EmptyLinesInsideAreSkippedAndNoted) {
  Ast ast = must(parse("RUN a \\\n\n \t\n  b\nRUN c \\\n# x\n d\n"));
  EXPECT_EQ(ast.nodes[0].text, "RUN a   b");
  EXPECT_TRUE(ast.nodes[0].emptyContinuation);
  EXPECT_FALSE(ast.nodes[1].emptyContinuation);
}
TEST(Lines, LEX_12_EndOfFileEndsAContinuation) {
  EXPECT_EQ(dump("RUN a \\"), "(run \"a\")\n");
  EXPECT_EQ(dump("RUN a \\\n# c\n\n"), "(run \"a\")\n");
}
TEST(Lines, LEX_13_QuotesAndJsonDoNotProtectALineEnd) {
  EXPECT_EQ(dump("ENV A=\"b\\\n  c\"\nCMD [\"a\", \\\n \"b\"]\n"),
            "(env \"A\" \"\\\"b  c\\\"\" \"=\")\n(cmd \"a\" \"b\")\n");
  EXPECT_EQ(dump("US\\\nER u\n"), "(user \"u\")\n");
}
TEST(Lines, LEX_16_PlacesAreOfTheFirstLineToTheLast) {
  EXPECT_EQ(lines("# c\nFROM a\n\nRUN <<A\nx\nA\nRUN b \\\n# c\n\n c\n"), "2-2 from\n4-6 run\n7-10 run\n");
  EXPECT_FAULT_SAYING(parse("FROM a\nRUN \\\n [1]\n"), FaultKind::Invalid, "dockerfile parse error on line 2: ");
  EXPECT_FAULT_SAYING(parse("FROM a\nRUN b \\\n c <<E\nx\n"), FaultKind::Invalid, "dockerfile parse error on line 2: ");
  std::string message = complaint("RUN a\nCOPY \\\n --bogus=1 a b");
  EXPECT_THAT(message, HasSubstr("Dockerfile:3\n"));
  EXPECT_THAT(message, HasSubstr("dockerfile parse error on line 3: unknown flag: --bogus"));
  EXPECT_THAT(complaint("RUN a\nCOPY --bogus=1 \\\n a b"), HasSubstr("parse error on line 3: unknown flag: --bogus"));
}
TEST(Lines, LEX_22_CommentsAreAttachedToTheNextInstruction) {
  Ast ast = must(parse("# syntax=x\n# gone\n#\n# one\n\n # two \nFROM a\nRUN x \\\n# inside\n y\n# three\nRUN z\n"));
  EXPECT_THAT(ast.nodes[0].comments, ::testing::ElementsAre("one", "two"));  // an empty line does not part them
  EXPECT_TRUE(ast.nodes[1].comments.empty());
  EXPECT_THAT(ast.nodes[2].comments, ::testing::ElementsAre("three"));  // nothing from inside the one before
}
TEST(Lines, ChecksOfOneInstructionReachItsReader) {
  Dockerfile file = must(read("FROM a\n# check=skip=all\nRUN x\n"));
  EXPECT_THAT(file.stages[0].instructions[0].comments, ::testing::ElementsAre("check=skip=all"));
}
TEST(Lines, OneLineIsNotCopied) {
  Ast ast = must(parse("FROM a\nRUN b \\\n c\n"));
  auto ofSource = [&](llvm::StringRef text) {
    return text.begin() >= ast.source->text().begin() && text.end() <= ast.source->text().end();
  };
  EXPECT_TRUE(ofSource(ast.nodes[0].text));
  EXPECT_TRUE(ofSource(ast.nodes[0].args[0].text));
  EXPECT_FALSE(ofSource(ast.nodes[1].text));
}

}  // namespace
}  // namespace strata::builder

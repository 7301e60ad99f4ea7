#include "builder/frontend/ast.h"
#include "tests/support/testing.h"

#include <llvm/Support/raw_ostream.h>

namespace strata::builder {
namespace {
using testing::must;

llvm::Expected<Ast> parse(llvm::StringRef text) {
  return parseDockerfile(std::make_shared<SourceText>("Dockerfile", text.str()));
}
std::string dump(llvm::StringRef text) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  dumpAst(must(parse(text)), stream);
  return out;
}
std::string lines(llvm::StringRef text) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  dumpLines(must(parse(text)), stream);
  return out;
}

TEST(Parse, DumpFormat_PlainInstructions) {
  EXPECT_EQ(dump("# the tool and its settings\nFROM alpine:3.20 AS tools\nenv  MODE=fast  NOTE=\"two  words\" \\\n     "
                 "LEVEL=3\n"
                 "Run   apk add   jq \\\n  # a comment between\n  && jq --version\nCMD [\"jq\", \"-r\", \".\"]\n"),
            "(from \"alpine:3.20\" \"AS\" \"tools\")\n"
            "(env \"MODE\" \"fast\" \"=\" \"NOTE\" \"\\\"two  words\\\"\" \"=\" \"LEVEL\" \"3\" \"=\")\n"
            "(run \"apk add   jq   && jq --version\")\n(cmd \"jq\" \"-r\" \".\")\n");
}

TEST(Parse, DumpFormat_FlagsNestingHeredocAndOldEnv) {
  EXPECT_EQ(dump("FROM scratch\nCOPY --from=tools --chown=9:9 [\"a b\", \"/dest/\"]\n"
                 "ONBUILD HEALTHCHECK --interval=5s CMD wget -q http://localhost/ || exit 1\n"
                 "COPY <<END /motd\nhello\nEND\nENV GREETING hello   there\n"),
            "(from \"scratch\")\n(copy [\"--from=tools\" \"--chown=9:9\"] \"a b\" \"/dest/\")\n"
            "(onbuild (healthcheck [\"--interval=5s\"] \"CMD\" \"wget -q http://localhost/ || exit 1\"))\n"
            "(copy \"<<END\" \"/motd\")\n(env \"GREETING\" \"hello   there\" \"\")\n");
}

TEST(Parse, DumpFormat_EscapeDirectiveInvalidJsonUnknown) {
  EXPECT_EQ(
      dump("# escape=`\nFROM scratch\nCOPY c:\\dir\\ `\n  d:\\\nENTRYPOINT [\"run\", 'it']\nFETCH something\n"),
      "(from \"scratch\")\n(copy \"c:\\\\dir\\\\\" \"d:\\\\\")\n(entrypoint \"[\\\"run\\\", 'it']\")\n(fetch \"\")\n");
}

TEST(Parse, DumpFormat_QuotesWhatCannotBeShown) {
  EXPECT_EQ(dump("USER a\x01\xff\xe2\x80\x8b\xc3\xa4\n"), "(user \"a\\x01\\xff\\u200b\xc3\xa4\")\n");
  EXPECT_EQ(dump("USER \xf3\xa0\x80\x81\n"), "(user \"\\U000e0001\")\n");
}

TEST(Parse, LEX_1_CrlfReadsAsLf) { EXPECT_EQ(dump("FROM a\r\nRUN b \\\r\n c\r\n"), "(from \"a\")\n(run \"b  c\")\n"); }
TEST(Parse, LEX_2_ABomIsDropped) {
  EXPECT_EQ(dump("\xef\xbb\xbf"
                 "FROM a\n"),
            "(from \"a\")\n");
}
TEST(Parse, LEX_3_AFileWithoutInstructionsIsRefused) {
  EXPECT_FAULT_SAYING(parse(""), FaultKind::Invalid, "cannot be empty");
  EXPECT_FAULT_SAYING(parse("# only\n\n"), FaultKind::Invalid, "file with no instructions");
}
TEST(Parse, LEX_4_ALongLineIsRefused) {
  EXPECT_FAULT_SAYING(parse("FROM a\nRUN " + std::string(65532, 'x') + "\n"), FaultKind::Invalid, "65535");
  must(parse("FROM a\nRUN " + std::string(65531, 'x') + "\n"));
}
TEST(Parse, LEX_9_ContinuationInsertsNothing) {
  EXPECT_EQ(dump("RUN echo hello\\\n  world\\\n\\\n!\n"), "(run \"echo hello  world!\")\n");
}
TEST(Parse, LEX_10_TwoAndThreeEscapesDoNotContinue) {
  EXPECT_EQ(dump("ENV C a\\\\\nENV D b\\\\\\\nUSER u\n"),
            "(env \"C\" \"a\\\\\\\\\" \"\")\n(env \"D\" \"b\\\\\\\\\\\\\" \"\")\n(user \"u\")\n");
}
TEST(Parse, LEX_11_EmptyLinesInsideAreNoted) {
  Ast ast = must(parse("RUN a \\\n\n  b\nRUN c \\\n# x\n d\n"));
  EXPECT_TRUE(ast.nodes[0].emptyContinuation);
  EXPECT_FALSE(ast.nodes[1].emptyContinuation);
}
TEST(Parse, ALineOfOneEscapeSignLetsTheNextBeginWithBlanks) { EXPECT_EQ(dump("\\\n FROM a\n"), "(from \"a\")\n"); }
TEST(Parse, LEX_12_EndOfFileEndsAContinuation) { EXPECT_EQ(dump("RUN a \\"), "(run \"a\")\n"); }
TEST(Parse, LEX_22_CommentsAreAttached) {
  Ast ast = must(parse("# gone\n#\n# one\n\n# two\nFROM a\nRUN x\n"));
  ASSERT_EQ(ast.nodes[0].comments.size(), 2u);
  EXPECT_EQ(ast.nodes[0].comments[0], "one");
  EXPECT_TRUE(ast.nodes[1].comments.empty());
}
TEST(Parse, DIR_2_DirectivesEndAtTheFirstOtherLine) {
  EXPECT_EQ(dump("#\n# escape=`\nRUN a \\\n b\n"), "(run \"a  b\")\n");
  EXPECT_EQ(dump("# syntax=x\n# escape=`\nRUN a `\n b\n"), "(run \"a  b\")\n");
}
TEST(Parse, DIR_3_5_TwiceOrUnknownIsRefused) {
  EXPECT_FAULT_SAYING(parse("# escape=`\n# Escape=\\\nFROM a\n"), FaultKind::Invalid,
                      "only one escape parser directive");
  EXPECT_FAULT_SAYING(parse("# escape=x\nFROM a\n"), FaultKind::Invalid, "invalid escape token");
}
TEST(Parse, FLAG_2_3_QuotesGoAndALoneDashDashEnds) {
  EXPECT_EQ(dump("CMD -- --x\n"), "(cmd \"--x\")\n");
  EXPECT_EQ(dump("RUN --mount=\"type=tmpfs,target=/a b\" x\n"), "(run [\"--mount=type=tmpfs,target=/a b\"] \"x\")\n");
}
TEST(Parse, JSON_2_3_OnlyStringsOrNoJsonAtAll) {
  EXPECT_FAULT_SAYING(parse("CMD [1]\n"), FaultKind::Invalid, "arrays must be comprised of strings only");
  EXPECT_FAULT(parse("ONBUILD CMD [null]\n"), FaultKind::Invalid);
  EXPECT_EQ(dump("RUN [\"echo\", \"hi\"]tail\n"), "(run \"[\\\"echo\\\", \\\"hi\\\"]tail\")\n");
  EXPECT_EQ(dump("CMD [\"\\u00e4\\n\"]\n"), "(cmd \"\xc3\xa4\\n\")\n");
  EXPECT_EQ(dump("CMD []\n"), "(cmd)\n");
  EXPECT_EQ(dump("CMD " + std::string(5000, '[') + "\n").size(), 5000 + sizeof("(cmd \"\")\n") - 1);
}
TEST(Parse, ENV_2_3_FormsAndTheirErrors) {
  EXPECT_EQ(dump("ENV ONE TWO= THREE=world\n"), "(env \"ONE\" \"TWO= THREE=world\" \"\")\n");
  EXPECT_FAULT_SAYING(parse("ENV A\n"), FaultKind::Invalid, "must have two arguments");
  EXPECT_FAULT_SAYING(parse("ENV A=1 B\n"), FaultKind::Invalid, "can't find =");
}
TEST(Parse, LEX_20_EscapesAndQuotesHoldWordsTogether) {
  EXPECT_EQ(dump("ENV a=b\\ c d='x y' e=\"\\\" z\" f=\"\"\n"),
            "(env \"a\" \"b\\\\ c\" \"=\" \"d\" \"'x y'\" \"=\" \"e\" \"\\\"\\\\\\\" z\\\"\" \"=\" \"f\" \"\\\"\\\"\" "
            "\"=\")\n");
}
TEST(Parse, HDOC_2_4_WhatIsAHeredocAndItsName) {
  auto nameOf = [](llvm::StringRef word) {
    Ast ast = must(parse(("RUN " + word + "\n").str()));
    return ast.nodes[0].heredocs.size();
  };
  EXPECT_EQ(nameOf("cat <<<x"), 0u);
  EXPECT_EQ(nameOf("\"<<EOF\""), 0u);
  EXPECT_EQ(nameOf("echo 'a <<EOF"), 0u);
  Ast ast =
      must(parse("RUN <<eo'f'\nx\neof\nRUN cat << -EOF\ny\n-EOF\nRUN <<- EOF\n\tz\n\tEOF\nRUN echo 1<<2\nq\n2\n"));
  EXPECT_EQ(ast.nodes[0].heredocs[0].name, "eof");
  EXPECT_FALSE(ast.nodes[0].heredocs[0].expand);
  EXPECT_EQ(ast.nodes[1].heredocs[0].name, "-EOF");
  EXPECT_TRUE(ast.nodes[2].heredocs[0].stripTabs);
  EXPECT_EQ(ast.nodes[2].heredocs[0].body, "\tz\n");
  EXPECT_EQ(ast.nodes[3].heredocs[0].fd, 1u);
}
TEST(Parse, HDOC_7_8_BodiesAreRawAndMustEnd) {
  Ast ast = must(parse("RUN <<A cat <<B\n# kept\\\n\nA\nb\nB\nUSER u\n"));
  EXPECT_EQ(ast.nodes[0].heredocs[0].body, "# kept\\\n\n");
  EXPECT_EQ(ast.nodes[0].heredocs[1].body, "b\n");
  EXPECT_FAULT_SAYING(parse("RUN <<A\nA \n"), FaultKind::Invalid, "unterminated heredoc");
}
TEST(Parse, Lines_CountHeredocs) {
  EXPECT_EQ(lines("# c\nFROM a\n\nRUN <<A\nx\nA\nRUN b \\\n c\n"), "2-2 from\n4-6 run\n7-8 run\n");
}
TEST(Parse, HDOC_2_BlanksMayStandBeforeTheName) {
  for (llvm::StringRef word : {"<<  EOF", "<<-\t EOF"}) {
    Ast ast = must(parse(("RUN cat " + word + "\nx\nEOF\n").str()));
    ASSERT_EQ(ast.nodes[0].heredocs.size(), 1u);
    EXPECT_EQ(ast.nodes[0].heredocs[0].name, "EOF");
    EXPECT_EQ(ast.nodes[0].heredocs[0].word, word);
  }
}
TEST(Parse, NestedTriggersEndSomewhere) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "ONBUILD \\\n";
  EXPECT_FAULT_SAYING(parse(text + "RUN x\n"), FaultKind::Invalid, "nested");
}
TEST(Parse, NestedTriggersHaveTheirPlace) {
  Ast ast = must(parse("FROM a\nONBUILD ONBUILD RUN \\\n x\n"));
  const AstNode& inner = *ast.nodes[1].nested->nested;
  EXPECT_EQ(inner.range.begin, (SourcePosition{2, 0}));
  EXPECT_EQ(inner.range.end, (SourcePosition{4, 0}));
}
TEST(Parse, SurvivesAnyBytes) {
  must(parse(llvm::StringRef("RUN \0 \xff\xfe $( <<\n", 14)));
  must(parse(llvm::StringRef("\0", 1)));
}
TEST(Excerpt, ERR_2_3_LinesAroundAreShownAndClipped) {
  SourceText source("Dockerfile", "FROM scratch\nENV a=b\nCOPY --foo=bar / /\nENV c=d\n");
  EXPECT_EQ(
      source.excerpt({{3, 0}, {4, 0}}),
      "Dockerfile:3\n--------------------\n   1 |     FROM scratch\n   2 |     ENV a=b\n   3 | >>> COPY --foo=bar / /\n"
      "   4 |     ENV c=d\n--------------------\n");
}

}  // namespace
}  // namespace strata::builder

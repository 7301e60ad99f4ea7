#include "builder/frontend/ast.h"

#include "tests/builder/frontend/read_text.h"

namespace strata::builder {
namespace {
using testing::must;

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

#include "builder/frontend/node_parser.h"

#include "tests/builder/frontend/read_text.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::must;

TEST(NodeParser, LEX_14_TheKeywordEndsAtABlankAndHasAnyCase) {
  for (llvm::StringRef blank : {" ", "\t", "\v", "\f", "\r", " \t "})
    EXPECT_EQ(dump(("uSeR" + blank + "u \t\n").str()), "(user \"u\")\n");
  EXPECT_EQ(dump("USER\xc2\xa0u\n"), "(user\xc2\xa0u \"\")\n");
  EXPECT_EQ(dump("RUN --network=none \xc2\xa0 a \xe3\x80\x80\n"), "(run [\"--network=none\"] \"a\")\n");
  EXPECT_EQ(must(parse("oNbUiLd uSeR u\n")).nodes[0].keyword, "oNbUiLd");
}
TEST(NodeParser, LEX_18_EachInstructionHasItsWayToSplit) {
  for (llvm::StringRef name : {"maintainer", "stopsignal", "user", "workdir"})
    EXPECT_EQ(dump((name + " a  \"b c\"\n").str()), "(" + name.str() + " \"a  \\\"b c\\\"\")\n");
  for (llvm::StringRef name : {"from", "expose", "add", "copy", "volume"})
    EXPECT_EQ(dump((name + " a \t \"b c\\ d\n").str()), "(" + name.str() + " \"a\" \"\\\"b\" \"c\\\\\" \"d\")\n");
  EXPECT_EQ(dump("arg a \"b c\" d\\ e='f g'\n"), "(arg \"a\" \"\\\"b c\\\"\" \"d\\\\ e='f g'\")\n");
  for (llvm::StringRef name : {"env", "label"})
    EXPECT_EQ(dump((name + " a=\"b c\" d=e\\ f\n").str()),
              "(" + name.str() + " \"a\" \"\\\"b c\\\"\" \"=\" \"d\" \"e\\\\ f\" \"=\")\n");
  for (llvm::StringRef name : {"cmd", "entrypoint", "run", "shell"})
    EXPECT_EQ(dump((name + " a  b\n" + name + " [\"a\", \"b\"]\n" + name + "\n").str()),
              ("(" + name + " \"a  b\")\n(" + name + " \"a\" \"b\")\n(" + name + ")\n").str());
  EXPECT_EQ(dump("HEALTHCHECK cmd  a  b\nHEALTHCHECK CMD [\"a\"]\nHEALTHCHECK NONE\nHEALTHCHECK\n"),
            "(healthcheck \"cmd\" \"a  b\")\n(healthcheck \"CMD\" \"a\")\n(healthcheck \"NONE\")\n(healthcheck)\n");
  EXPECT_EQ(dump("ONBUILD copy --a b c\nONBUILD ONBUILD USER u\nONBUILD\n"),
            "(onbuild (copy [\"--a\"] \"b\" \"c\"))\n(onbuild (onbuild (user \"u\")))\n(onbuild)\n");
}
TEST(NodeParser, LEX_19_CopyDoesNotHonourQuotes) {
  EXPECT_EQ(dump("COPY \"a b\" /x\n"), "(copy \"\\\"a\" \"b\\\"\" \"/x\")\n");
  EXPECT_EQ(dump("COPY [\"a b\", \"/x\"]\n"), "(copy \"a b\" \"/x\")\n");
}
TEST(NodeParser, LEX_20_EscapesAndQuotesHoldWordsTogether) {
  auto words = [](llvm::StringRef text) { return textsOf(must(parse(("ARG " + text + "\n").str())).nodes[0].args); };
  EXPECT_THAT(words(R"(a\ b \"c d)"), ElementsAre(R"(a\ b)", R"(\"c)", "d"));
  EXPECT_THAT(words(R"("a\" b" c)"), ElementsAre(R"("a\" b")", "c"));
  EXPECT_THAT(words(R"('a\' b' c')"), ElementsAre(R"('a\')", "b' c'"));
  EXPECT_THAT(words(R"(a "" '' b)"), ElementsAre("a", "\"\"", "''", "b"));
  EXPECT_THAT(words(R"("a'b" 'c"d')"), ElementsAre(R"("a'b")", R"('c"d')"));
  EXPECT_THAT(words("a\xc2\xa0"
                    "b\xe2\x80\x83"
                    "c"),
              ElementsAre("a", "b", "c"));
  EXPECT_EQ(dump("ARG a=b\\\\\\"), "(arg \"a=b\\\\\\\\\")\n");  // of three signs the last is dropped
  EXPECT_EQ(dump("ARG a=\"b c"), "(arg \"a=\\\"b c\")\n");
  EXPECT_EQ(dump("# escape=`\nARG a` b c\\ d\n"), "(arg \"a` b\" \"c\\\\\" \"d\")\n");
}
TEST(NodeParser, FLAG_1_FlagsAreTheLeadingWordsWithTwoHyphens) {
  EXPECT_EQ(dump("RUN --a=1 \t --b c  --d\n"), "(run [\"--a=1\" \"--b\"] \"c  --d\")\n");
  EXPECT_EQ(dump("RUN -a --b\n"), "(run \"-a --b\")\n");
  EXPECT_EQ(dump("CMD --a [ \"x\" ]\nUNKNOWN --a b\n"), "(cmd [\"--a\"] \"x\")\n(unknown [\"--a\"] \"\")\n");
  EXPECT_EQ(dump("RUN --a \\\n --b c\n"), "(run [\"--a\" \"--b\"] \"c\")\n");
}
TEST(NodeParser, FLAG_2_ALoneDoubleHyphenEndsThem) {
  EXPECT_EQ(dump("CMD -- --x\nCMD --\nCMD --a --  --b -- c\nCMD ''-- x\n"),
            "(cmd \"--x\")\n(cmd)\n(cmd [\"--a\"] \"--b -- c\")\n(cmd \"''-- x\")\n");
}
TEST(NodeParser, FLAG_3_QuotesGoAndEscapesTakeTheNextCharacter) {
  EXPECT_EQ(dump("RUN --mount=\"type=tmpfs,target=/a b\" x\n"), "(run [\"--mount=type=tmpfs,target=/a b\"] \"x\")\n");
  EXPECT_EQ(dump("RUN --a='b \" c' --d=e\\ \\\"f --g=\"h\\\"i\" x\n"),
            "(run [\"--a=b \\\" c\" \"--d=e \\\"f\" \"--g=h\\\"i\"] \"x\")\n");
  EXPECT_EQ(dump("# escape=`\nRUN --a=b` c\\ x\n"), "(run [\"--a=b c\\\\\"] \"x\")\n");
  EXPECT_EQ(dump("RUN --a=\"b c\n"), "(run [\"--a=b c\"])\n");
}

}  // namespace
}  // namespace strata::builder

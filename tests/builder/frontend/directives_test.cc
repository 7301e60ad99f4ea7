#include "builder/frontend/directives.h"

#include "tests/builder/frontend/read_text.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using testing::must;

/// "name=value line" of each.
std::vector<std::string> directivesOf(llvm::StringRef text) {
  std::vector<std::string> found;
  for (const Directive& one : must(parse(text)).directives)
    found.push_back((one.name + "=" + one.value + " " + llvm::Twine(one.range.firstLine())).str());
  return found;
}

TEST(Directives, DIR_1_FormsOfADirective) {
  EXPECT_THAT(directivesOf("#syntax=a\n#\t ESCAPE \t=\t` \n# Check = skip=all \nFROM a\n"),
              ElementsAre("syntax=a 1", "escape=` 2", "check=skip=all 3"));
  for (llvm::StringRef line : {"# syntax=", "# syntax = ", "# syn tax=a", "# 1=a", "syntax=a", "# =a", "# syntax"})
    EXPECT_THAT(directivesOf((line + "\nFROM a\n").str()), ElementsAre()) << line.str();
}
TEST(Directives, DIR_2_TheFirstOtherLineEndsThemForGood) {
  for (llvm::StringRef line : {"# a comment", "# unknown=x", "", "USER u", "#"})
    EXPECT_THAT(directivesOf((line + "\n# escape=`\nRUN a \\\n b\n").str()), ElementsAre()) << line.str();
  EXPECT_EQ(dump("# syntax=x\n# escape=`\nRUN a `\n b\n"), "(run \"a  b\")\n");
  EXPECT_EQ(dump("#\n# escape=`\nRUN a \\\n b\n"), "(run \"a  b\")\n");
}
TEST(Directives, DIR_3_TwiceIsRefused) {
  for (llvm::StringRef name : {"escape", "syntax", "check"})
    EXPECT_FAULT_SAYING(parse(("# " + name + "=`\n# " + name.upper() + "=`\nFROM a\n").str()), FaultKind::Invalid,
                        ("dockerfile parse error on line 2: only one " + name + " parser directive can be used").str());
}
TEST(Directives, DIR_4_NoDocCommentAndNoContinuation) {
  Ast ast = must(parse("# syntax=a \\\n# check=skip=all\nFROM a\n"));
  EXPECT_TRUE(ast.nodes[0].comments.empty());
  EXPECT_EQ(ast.directives[0].value, "a \\");
  EXPECT_EQ(ast.directives.size(), 2u);
}
TEST(Directives, DIR_5_EscapeTakesTwoSignsAlone) {
  EXPECT_EQ(must(parse("# escape=\\\nFROM a\n")).escape, '\\');
  EXPECT_EQ(must(parse("# escape=`\nFROM a\n")).escape, '`');
  for (llvm::StringRef token : {"x", "``", "\\\\", "` x"})
    EXPECT_FAULT_SAYING(parse(("# escape=" + token + "\nFROM a\n").str()), FaultKind::Invalid,
                        ("invalid escape token '" + token + "'").str());
}
TEST(Directives, DIR_6_WhereTheEscapeSignCounts) {
  EXPECT_EQ(dump("# escape=`\nENV a=b` c\nCOPY --from=x` y c:\\ d\nRUN echo `\n a` b \\\n"),
            "(env \"a\" \"b` c\" \"=\")\n(copy [\"--from=x y\"] \"c:\\\\\" \"d\")\n(run \"echo  a` b \\\\\")\n");
}
TEST(Directives, DIR_7_SyntaxIsReadWholeAndFollowedByNobody) {
  EXPECT_THAT(directivesOf("# syntax=no/such/image:1 with words\nFROM a\n"),
              ElementsAre("syntax=no/such/image:1 with words 1"));
  must(read("# syntax=::no reference at all::\nFROM a\n"));
}
TEST(Directives, DIR_8_SyntaxInOtherLanguages) {
  EXPECT_THAT(directivesOf("// syntax=a/b c\n// escape=`\n"), ElementsAre("syntax=a/b c 1"));
  EXPECT_THAT(directivesOf("// check=skip=all\n//SYNTAX = a\n"), ElementsAre("syntax=a 2"));
  EXPECT_THAT(directivesOf("{\n \"x\": 1,\n \"syntax\": \"a/b\"\n}\n"), ElementsAre("syntax=a/b 1"));
  EXPECT_THAT(directivesOf("#!/usr/bin/env x\n# syntax=a\nFROM a\n"), ElementsAre("syntax=a 2"));
  EXPECT_THAT(directivesOf("#!/usr/bin/env x\n// syntax=a\n"), ElementsAre("syntax=a 2"));
  for (llvm::StringRef text : {"{\"syntax\": 1}\n", "{\"syntax\": \"a\"\n", "[\"syntax\"]\n", "// x\n// syntax=a\n"})
    EXPECT_THAT(directivesOf(text), ElementsAre()) << text.str();
}
TEST(Directives, DIR_9_AShebangHidesEscapeAlone) {
  EXPECT_THAT(directivesOf("#!/bin/x\n# escape=`\n# check=skip=all\n# syntax=a\nRUN a \\\n b\n"),
              ElementsAre("syntax=a 4", "check=skip=all 3"));
  EXPECT_EQ(dump("#!/bin/x\n# escape=`\nRUN a \\\n b\n"), "(run \"a  b\")\n");
  EXPECT_EQ(dump("\xef\xbb\xbf#!/bin/x\n# escape=x\n# escape=x\nRUN a\n"), "(run \"a\")\n");
}

}  // namespace
}  // namespace strata::builder

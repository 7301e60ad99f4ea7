#include "builder/frontend/json_list.h"

#include "tests/builder/frontend/read_text.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using testing::must;
using ListKind = JsonList::Kind;

struct Read {
  ListKind kind;
  std::vector<std::string> strings;
};
Read readList(llvm::StringRef text) {
  llvm::BumpPtrAllocator arena;
  JsonList list = readJsonList(text, arena);
  Read read{list.kind, {}};
  for (llvm::StringRef one : list.strings) read.strings.push_back(one.str());
  return read;
}

TEST(JsonList, JSON_1_ExecFormIsOneArrayAndWhiteSpace) {
  for (llvm::StringRef name : {"RUN", "CMD", "ENTRYPOINT", "SHELL", "ADD", "COPY", "VOLUME", "HEALTHCHECK CMD"}) {
    Ast ast = must(parse((name + " [ \"a b\"\t,\"c\" ] \t\n").str()));
    EXPECT_EQ(ast.nodes[0].form, AstNode::Form::Json) << name.str();
    std::vector<std::string> texts = textsOf(ast.nodes[0].args);
    EXPECT_THAT(std::vector(texts.end() - 2, texts.end()), ElementsAre("a b", "c"));
  }
  for (llvm::StringRef name : {"USER", "WORKDIR", "STOPSIGNAL"})
    EXPECT_EQ(dump((name + " [\"a\"]\n").str()), "(" + name.lower() + " \"[\\\"a\\\"]\")\n");
  EXPECT_EQ(dump("RUN --network=none [\"a\"]\n"), "(run [\"--network=none\"] \"a\")\n");
}
TEST(JsonList, JSON_2_OtherElementsAreAnError) {
  for (llvm::StringRef text : {"[1]", "[-0.5e+7]", "[true]", "[false]", "[null]", "[{}]", "[[]]", "[\"a\", 1]",
                               "[{\"a\": [1, {\"b\": null}]}, \"c\"]"}) {
    EXPECT_EQ(readList(text).kind, ListKind::OtherValues) << text.str();
    for (llvm::StringRef name :
         {"RUN", "CMD", "ENTRYPOINT", "SHELL", "ADD", "COPY", "VOLUME", "HEALTHCHECK CMD", "ONBUILD RUN"})
      EXPECT_FAULT_SAYING(parse((name + " " + text + "\n").str()), FaultKind::Invalid,
                          "arrays must be comprised of strings only");
  }
}
TEST(JsonList, JSON_3_WhatIsNoJsonIsText) {
  for (llvm::StringRef text : {"[",
                               "]",
                               "[\"a\"",
                               "[\"a]",
                               "[\"a\\\"",
                               "['a']",
                               "[\"a\",]",
                               "[,]",
                               "[\"a\" \"b\"]",
                               "[\"a\"]x",
                               "[\"a\"] []",
                               "[]x",
                               "[01]",
                               "[1.]",
                               "[.5]",
                               "[+1]",
                               "[1e]",
                               "[-]",
                               "[0x1]",
                               "[NaN]",
                               "[nul]",
                               "[True]",
                               "[\"\\x41\"]",
                               "[\"\\u12\"]",
                               "[\"\\u12g4\"]",
                               "[\"\t\"]",
                               "[\"\x01\"]",
                               "[{]",
                               "[{\"a\"}]",
                               "[{\"a\":}]",
                               "[{1:2}]",
                               "[{\"a\":1,}]",
                               "[}",
                               "[[}]",
                               "\xc2\xa0[\"a\"]",
                               "[\"a\"\v]",
                               "[\"a\", // b\n\"c\"]"})
    EXPECT_EQ(readList(text).kind, ListKind::NotJson) << text.str();
  EXPECT_EQ(dump("RUN [\"echo\", \"hi\"]tail\n"), "(run \"[\\\"echo\\\", \\\"hi\\\"]tail\")\n");
  EXPECT_EQ(dump("ENTRYPOINT []x\nCOPY ['a', 'b']\nCMD [01]\n"),
            "(entrypoint \"[]x\")\n(copy \"['a',\" \"'b']\")\n(cmd \"[01]\")\n");
}
TEST(JsonList, JSON_4_EscapesAreDecoded) {
  EXPECT_THAT(readList(R"(["\"\\\/\b\f\n\r\t", "\u0041\u00e4\u20ac\ud83d\ude00", "c:\\d"])").strings,
              ElementsAre("\"\\/\b\f\n\r\t", "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "c:\\d"));
  EXPECT_THAT(readList("[\"a\\u0000b\"]").strings, ElementsAre(std::string("a\0b", 3)));
  EXPECT_EQ(readList("[\"c:\\d\"]").kind, ListKind::NotJson);
}
TEST(JsonList, WhatIsNoCharacterBecomesTheReplacementCharacter) {
  constexpr llvm::StringLiteral r = "\xef\xbf\xbd";
  EXPECT_THAT(readList("[\"a\xff\xc3\"]").strings, ElementsAre("a" + (r + r).str()));
  EXPECT_THAT(readList("[\"\xed\xa0\x80\"]").strings, ElementsAre((r + r + r).str()));
  EXPECT_THAT(readList(R"(["\ud800", "\udc00x", "\ud800\u0041", "\ud800\ud800\udc00", "\ud83d\n"])").strings,
              ElementsAre(r, (r + "x").str(), (r + "A").str(), (r + "\xf0\x90\x80\x80").str(), (r + "\n").str()));
}
TEST(JsonList, JSON_6_NoHeredocInExecForm) {
  Ast ast = must(parse("RUN [\"<<EOF\"]\nCOPY [\"<<A\", \"/x\"]\nADD [\"<<A\", \"/x\"]\nUSER u\n"));
  EXPECT_EQ(ast.nodes.size(), 4u);
  for (const AstNode& node : ast.nodes) EXPECT_TRUE(node.heredocs.empty());
}
TEST(JsonList, JSON_7_EmptyArrays) {
  EXPECT_EQ(dump("CMD []\nENTRYPOINT [ ]\n"), "(cmd)\n(entrypoint)\n");
  EXPECT_TRUE(instruction<CmdInstruction>("CMD []").command.exec);
  EXPECT_TRUE(instruction<CmdInstruction>("CMD []").command.words.empty());
  EXPECT_TRUE(instruction<EntrypointInstruction>("ENTRYPOINT []").command.exec);
  EXPECT_TRUE(instruction<EntrypointInstruction>("ENTRYPOINT []").command.words.empty());
  EXPECT_THAT(complaint("SHELL []"), ::testing::HasSubstr("SHELL requires at least one argument"));
  EXPECT_THAT(complaint("HEALTHCHECK CMD []"), ::testing::HasSubstr("missing command after HEALTHCHECK CMD"));
}
TEST(JsonList, NestingEndsNoStack) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(readList(nested(65)).kind, ListKind::OtherValues);
  EXPECT_EQ(readList(nested(10'000)).kind, ListKind::OtherValues);
  EXPECT_EQ(readList(nested(10'001)).kind, ListKind::NotJson);
  EXPECT_EQ(readList(std::string(1'000'000, '[')).kind, ListKind::NotJson);
}

}  // namespace
}  // namespace strata::builder

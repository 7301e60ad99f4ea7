#include "builder/frontend/heredoc_words.h"

#include "tests/builder/frontend/read_text.h"

namespace strata::builder {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::must;

std::vector<std::string> namesIn(llvm::StringRef line) {
  std::vector<std::string> names;
  for (const HeredocWord& word : findHeredocs(line)) names.push_back(word.name);
  return names;
}

TEST(HeredocWords, HDOC_1_OnlyRunCopyAddAndOnbuildOfThem) {
  for (llvm::StringRef name : {"RUN", "COPY", "ADD"}) {
    Ast ast = must(parse((name + " <<E x\nbody\nE\nONBUILD " + name + " <<E x\nbody\nE\n").str()));
    ASSERT_EQ(ast.nodes.size(), 2u);
    EXPECT_EQ(ast.nodes[0].heredocs[0].body, "body\n");
    EXPECT_EQ(ast.nodes[1].nested->heredocs[0].body, "body\n");
  }
  for (llvm::StringRef name : {"CMD", "ENTRYPOINT", "USER", "ENV a", "HEALTHCHECK CMD", "ONBUILD CMD"})
    EXPECT_EQ(must(parse((name + " <<E\nUSER u\n").str())).nodes.size(), 2u) << name.str();
}
TEST(HeredocWords, HDOC_2_WhatBeginsAHeredoc) {
  EXPECT_THAT(namesIn("RUN <<A cat 3<<B <<-C"), ElementsAre("A", "B", "C"));
  for (llvm::StringRef line : {"RUN cat <<<x", "RUN \"<<EOF\"", "RUN '<<EOF'", "RUN x<<EOF", "RUN <EOF", "RUN <<",
                               "RUN <<-", "RUN <<''", "RUN \\<<EOF", "RUN <<<", "RUN <<A<B"})
    EXPECT_THAT(namesIn(line), ElementsAre()) << line.str();
  EXPECT_THAT(namesIn("RUN << -EOF"), ElementsAre("-EOF"));
  EXPECT_THAT(namesIn("RUN <<- EOF"), ElementsAre("EOF"));
  EXPECT_THAT(namesIn("RUN cat <<  EOF > x"), ElementsAre("EOF"));
  auto words = findHeredocs("RUN echo 1<<2 <<- E");
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].fd, 1u);
  EXPECT_EQ(words[0].name, "2");
  EXPECT_FALSE(words[0].stripTabs);
  EXPECT_TRUE(words[1].stripTabs);
  EXPECT_EQ(words[1].written, "<<- E");
}
TEST(HeredocWords, HDOC_3_NoneInALineThatCannotBeSplit) {
  for (llvm::StringRef line : {"RUN echo 'a <<EOF", "RUN <<EOF \"", "RUN <<'EOF", "RUN <<\"EOF", "RUN <<EOF ${x"})
    EXPECT_THAT(namesIn(line), ElementsAre()) << line.str();
  EXPECT_THAT(complaint("RUN <<'EOF\nhello\nEOF"), HasSubstr("unknown instruction: hello"));
}
TEST(HeredocWords, HDOC_4_TheNameWithoutQuotesAndEscapes) {
  EXPECT_THAT(namesIn("RUN <<eo'f'"), ElementsAre("eof"));
  EXPECT_THAT(namesIn("RUN <<eo\\'f"), ElementsAre("eo'f"));
  EXPECT_THAT(namesIn("RUN <<'one two'"), ElementsAre("one two"));
  EXPECT_THAT(namesIn("RUN <<one\\ two"), ElementsAre("one two"));
  EXPECT_THAT(namesIn("RUN <<file.txt"), ElementsAre("file.txt"));
  EXPECT_THAT(namesIn("RUN <<$E <<${E}x"), ElementsAre("$E", "${E}x"));
  EXPECT_THAT(namesIn("RUN <<\"a\\\"b\\c\""), ElementsAre("a\"b\\c"));
  EXPECT_THAT(namesIn("RUN <<A\xc2\xa0<<B"), ElementsAre("A", "B"));  // a space like any other
}
TEST(HeredocWords, HDOC_5_QuotesTurnExpansionOff) {
  auto expands = [](llvm::StringRef line) { return findHeredocs(line).at(0).expand; };
  EXPECT_TRUE(expands("RUN <<EOF"));
  EXPECT_TRUE(expands("RUN <<E\\OF"));
  EXPECT_FALSE(expands("RUN <<'EOF'"));
  EXPECT_FALSE(expands("RUN <<EO\"F\""));
}
TEST(HeredocWords, HDOC_6_TheEscapeSignIsAlwaysABackslash) {
  Ast ast = must(parse("# escape=`\nRUN <<E\\'F <<E`F\na\nE'F\nb\nE`F\n"));
  EXPECT_EQ(ast.nodes[0].heredocs[0].name, "E'F");
  EXPECT_EQ(ast.nodes[0].heredocs[1].name, "E`F");
}
TEST(HeredocWords, HDOC_7_BodiesFollowInOrderAndMustEnd) {
  Ast ast = must(parse("RUN <<A cat <<-B\na\nA\n\tb\n\t\tB\r\nUSER u\n"));
  EXPECT_EQ(ast.nodes[0].heredocs[0].body, "a\n");
  EXPECT_EQ(ast.nodes[0].heredocs[1].body, "\tb\n");
  EXPECT_EQ(ast.nodes.size(), 2u);
  for (llvm::StringRef text :
       {"RUN <<A\nA \n", "RUN <<A\n A\n", "RUN <<A\n\tA\n", "RUN <<-A\n A\n", "RUN <<A", "RUN <<A <<B\nA\n"})
    EXPECT_FAULT_SAYING(parse(text), FaultKind::Invalid, "unterminated heredoc");
}
TEST(HeredocWords, HDOC_8_BodiesAreRaw) {
  Ast ast = must(parse("RUN <<A <<B\n# kept\\\n\nFROM x\r\nA\nB\n"));
  EXPECT_EQ(ast.nodes[0].heredocs[0].body, "# kept\\\n\nFROM x\r\n");
  EXPECT_EQ(ast.nodes[0].heredocs[1].body, "");
}
TEST(HeredocWords, HDOC_10_CopyTakesBodiesByTheirWords) {
  auto copy = instruction<CopyInstruction>("COPY << EOF /x\nb\nEOF");
  EXPECT_TRUE(copy.sources.empty());
  EXPECT_EQ(copy.heredocs[0].name, "EOF");
  copy = instruction<CopyInstruction>("COPY <<<x <<A \"<<B\" 2<<C /d/\na\nA\nc\nC");
  EXPECT_THAT(textsOf(copy.sources), ElementsAre("<<<x", "\"<<B\""));
  ASSERT_EQ(copy.heredocs.size(), 2u);
  EXPECT_EQ(copy.heredocs[0].body, "a\n");
  EXPECT_EQ(copy.heredocs[1].name, "C");
  copy = instruction<CopyInstruction>("COPY <<'a b' c /d/\nx\na b");
  EXPECT_THAT(textsOf(copy.sources), ElementsAre("c"));
}
TEST(HeredocWords, HDOC_12_NoHeredocAsADestination) {
  EXPECT_THAT(complaint("COPY a <<EOF\nx\nEOF"), HasSubstr("COPY cannot accept a heredoc as a destination"));
  EXPECT_THAT(complaint("ADD a <<  EOF\nx\nEOF"), HasSubstr("ADD cannot accept a heredoc as a destination"));
  EXPECT_EQ(instruction<CopyInstruction>("COPY a <<<x").destination.text, "<<<x");
}
TEST(HeredocWords, HDOC_18_ATriggerReadsAsTheSameInstruction) {
  std::string trigger =
      instruction<OnbuildInstruction>("ONBUILD COPY --bogus=1 <<-E <<'F' /x/\n\tbody\n\tE\n$f\nF").trigger;
  EXPECT_EQ(trigger, "COPY --bogus=1 <<-E <<'F' /x/\n\tbody\nE\n$f\nF");
  Ast ast = must(parse(trigger));
  ASSERT_EQ(ast.nodes.size(), 1u);
  EXPECT_EQ(ast.nodes[0].heredocs[0].body, "\tbody\n");
  EXPECT_EQ(ast.nodes[0].heredocs[1].body, "$f\n");
}

}  // namespace
}  // namespace strata::builder

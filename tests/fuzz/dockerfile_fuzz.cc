#include "builder/frontend/ast.h"
#include "builder/frontend/instruction.h"
#include "tests/fuzz/fuzz.h"

#include <llvm/Support/raw_ostream.h>

namespace strata::fuzz {

namespace {
using namespace builder;

constexpr size_t kLongestLine = 65535;

std::string dumpOf(const Ast& ast) {
  std::string text;
  llvm::raw_string_ostream out(text);
  dumpAst(ast, out);
  return text;
}

/// Every place that is named is one of the file, and a word lies within its instruction.
class RangeChecker {
public:
  explicit RangeChecker(const Ast& ast) : source_(*ast.source) {}

  void check(const Ast& ast) {
    for (const Directive& directive : ast.directives) within(directive.range, wholeFile());
    uint32_t before = 0;
    for (const AstNode& node : ast.nodes) {
      FUZZ_EXPECT(node.range.firstLine() > before, "instructions come one after the other");
      checkNode(node, wholeFile());
      before = node.range.lastLine();
    }
  }

  void checkNode(const AstNode& node, const SourceRange& around) {
    within(node.range, around);
    for (const AstWord& word : node.flags) checkWord(word, node);
    for (const AstWord& word : node.args)
      if (word.range.known()) checkWord(word, node);
    for (const Heredoc& heredoc : node.heredocs) within(heredoc.range, node.range);
    if (node.nested) checkNode(*node.nested, node.range);
  }

private:
  void checkWord(const AstWord& word, const AstNode& node) {
    within(word.range, node.range);
    inLine(word.range.begin);
    inLine(word.range.end);
  }
  SourceRange wholeFile() const { return {{1, 0}, {uint32_t(source_.lineCount()) + 1, 0}}; }
  void within(const SourceRange& inner, const SourceRange& outer) {
    FUZZ_EXPECT(inner.known(), "a place is known");
    FUZZ_EXPECT(inner.begin <= inner.end, "a range does not end before it begins");
    FUZZ_EXPECT(outer.begin <= inner.begin && inner.end <= outer.end, "a range lies within what it is a part of");
  }
  void inLine(const SourcePosition& position) {
    FUZZ_EXPECT(position.column <= source_.line(position.line).size(), "a column is one of its line");
  }

  const SourceText& source_;
};

/// One line an instruction in both dumps, whatever the instruction holds.
void checkDumps(const Ast& ast) {
  std::string lines;
  llvm::raw_string_ostream out(lines);
  dumpLines(ast, out);
  std::string dump = dumpOf(ast);
  FUZZ_EXPECT(llvm::StringRef(lines).count('\n') == ast.nodes.size(), "--lines prints one line an instruction");
  FUZZ_EXPECT(llvm::StringRef(dump).count('\n') == ast.nodes.size(), "the dump has one line an instruction");
  FUZZ_EXPECT(!llvm::StringRef(dump).contains('\0') || llvm::StringRef(ast.source->text()).contains('\0'),
              "the dump makes no NUL up");
}

/// The instructions written again, each on one line; nothing where that cannot say the same.
std::optional<std::string> rewritten(const Ast& ast) {
  std::string text = ast.escape == '`' ? "# escape=`\n" : "# escape=\\\n";
  for (const AstNode& node : ast.nodes) {
    llvm::StringRef line = node.text;
    bool joins = line.rtrim(" \t").ends_with(llvm::StringRef(&ast.escape, 1));
    if (line.empty() || joins || line.starts_with("#") || line.contains('\n') || line.size() > kLongestLine)
      return std::nullopt;
    text += line.str() + "\n";
    for (const AstNode* one = &node; one; one = one->nested)
      for (const Heredoc& heredoc : one->heredocs) text += heredoc.body.str() + heredoc.name.str() + "\n";
  }
  return text;
}

/// Joined lines say what the lines said.
void checkRewriting(const Ast& ast) {
  auto text = rewritten(ast);
  if (!text) return;
  auto again = parseDockerfile(std::make_shared<SourceText>("again", *text));
  if (!again) return broken("the joined lines parse: " + messageOf(again.takeError()));
  FUZZ_EXPECT(dumpOf(*again) == dumpOf(ast), "joined lines dump as the lines did");
}

void checkTyped(const Dockerfile& file, size_t lines) {
  FUZZ_EXPECT(!file.stages.empty(), "a Dockerfile has a stage");
  auto inFile = [&](const SourceRange& range) { return range.known() && range.lastLine() <= lines; };
  for (const Instruction& global : file.globals) FUZZ_EXPECT(inFile(global.range), "an ARG has its place");
  for (const Stage& stage : file.stages) {
    FUZZ_EXPECT(inFile(stage.range), "a stage has its place");
    for (const Instruction& one : stage.instructions) FUZZ_EXPECT(inFile(one.range), "an instruction has its place");
  }
}

void checkTrigger(llvm::StringRef text) {
  auto triggers = valueOf(readTriggers({text.str()}));
  if (triggers)
    FUZZ_EXPECT(triggers->stages.size() == 1 && triggers->stages[0].instructions.size() == 1,
                "a trigger is one instruction");
}
}  // namespace

FUZZ_TARGET(dockerfile) {
  auto source = std::make_shared<SourceText>("Dockerfile", input.str());
  checkTrigger(input);
  auto typed = valueOf(readDockerfile(source));
  auto ast = valueOf(parseDockerfile(source));
  FUZZ_EXPECT(ast || !typed, "what is read is parsed");
  if (typed) checkTyped(*typed, source->lineCount());
  if (!ast) return;
  RangeChecker(*ast).check(*ast);
  checkDumps(*ast);
  checkRewriting(*ast);
}

}  // namespace strata::fuzz

#include "builder/lint/check_file.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSet.h>

namespace strata::builder {

namespace {
using Rule = LintRule;

enum class Casing { Lower, Upper, Mixed };

Casing casingOf(llvm::StringRef word) {
  if (llvm::none_of(word, llvm::isUpper)) return Casing::Lower;
  if (llvm::none_of(word, llvm::isLower)) return Casing::Upper;
  return Casing::Mixed;
}

class FileChecker {
public:
  FileChecker(const Dockerfile& file, LintReport& report) : file_(file), report_(report) {}

  void check() {
    checkContinuations();
    for (const Instruction& global : file_.globals) checkInstruction(global);
    for (const Stage& stage : file_.stages) {
      checkStage(stage);
      for (const Instruction& instruction : stage.instructions) checkInstruction(instruction);
    }
    checkCasing();
  }

private:
  /// The joined line ends there: that is where the empty line becomes visible as part of the instruction.
  void checkContinuations() {
    for (const AstNode& node : file_.ast.nodes) {
      if (!node.emptyContinuation) continue;
      uint32_t line = node.heredocs.empty() ? node.range.lastLine() : node.heredocs.front().range.firstLine() - 1;
      report_.add(Rule::NoEmptyContinuation, {{line, 0}, {line + 1, 0}}, node.comments, "Empty continuation line");
    }
  }

  void checkStage(const Stage& stage) {
    auto found = [&](Rule rule, const llvm::Twine& message) {
      report_.add(rule, stage.range, stage.comments, message);
    };
    if (stage.name.empty()) return;
    if (stage.nameAsWritten != stage.name)
      found(Rule::StageNameCasing, "Stage name '" + stage.nameAsWritten + "' should be lowercase");
    Casing from = casingOf(stage.keyword);
    if (from != Casing::Mixed && casingOf(stage.asKeyword) != from)
      found(Rule::FromAsCasing, "'" + stage.asKeyword + "' and '" + stage.keyword + "' keywords' casing do not match");
    checkDescription("FROM", {stage.name}, stage.name, stage.range, stage.comments);
    if (!stageNames_.insert(stage.name).second)
      found(Rule::DuplicateStageName, "Duplicate stage name \"" + stage.name + "\", stage names should be unique");
    if (stage.name == "scratch" || stage.name == "context")
      found(Rule::ReservedStageName,
            "Stage name should not use the same name as reserved stage \"" + stage.name + "\"");
  }

  void checkInstruction(const Instruction& at) {
    if (std::holds_alternative<MaintainerInstruction>(at.body))
      report_.add(Rule::MaintainerDeprecated, at.range, at.comments,
                  "Maintainer instruction is deprecated in favor of using label");
    const auto* arg = std::get_if<ArgInstruction>(&at.body);
    if (!arg || arg->pairs.empty()) return;
    std::vector<llvm::StringRef> keys;
    for (const KeyValue& pair : arg->pairs) keys.push_back(pair.key);
    checkDescription("ARG", keys, keys.size() == 1 ? keys[0] : "<arg_key>", at.range, at.comments);
  }

  /// LINT-29: the last comment above begins with a name that is defined there.
  void checkDescription(llvm::StringRef keyword, llvm::ArrayRef<llvm::StringRef> names, llvm::StringRef shown,
                        const SourceRange& range, llvm::ArrayRef<llvm::StringRef> comments) {
    auto last = llvm::find_if(llvm::reverse(comments), [](llvm::StringRef one) { return !checkComment(one); });
    if (last == llvm::reverse(comments).end()) return;
    llvm::StringRef word = last->take_until([](char c) { return llvm::isSpace(c); });
    if (llvm::is_contained(names, word)) return;
    report_.add(Rule::InvalidDefinitionDescription, range, comments,
                "Comment for " + keyword + " should follow the format: `# " + shown + " <description>`");
  }

  struct Keyword {
    llvm::StringRef text;
    SourceRange range;
    llvm::ArrayRef<llvm::StringRef> comments;
  };

  /// LINT-13: ties favour upper case; a mixed keyword has no vote.
  void checkCasing() {
    std::vector<Keyword> keywords;
    for (const Stage& stage : file_.stages) {
      keywords.push_back({stage.keyword, stage.range, stage.comments});
      for (const Instruction& at : stage.instructions) keywords.push_back({at.keyword, at.range, at.comments});
    }
    auto count = [&](Casing casing) {
      return llvm::count_if(keywords, [&](const Keyword& one) { return casingOf(one.text) == casing; });
    };
    Casing majority = count(Casing::Lower) > count(Casing::Upper) ? Casing::Lower : Casing::Upper;
    llvm::StringRef name = majority == Casing::Lower ? "lowercase" : "uppercase";
    for (const Keyword& keyword : keywords)
      if (casingOf(keyword.text) != majority)
        report_.add(Rule::ConsistentInstructionCasing, keyword.range, keyword.comments,
                    "Command '" + keyword.text + "' should match the case of the command majority (" + name + ")");
  }

  const Dockerfile& file_;
  LintReport& report_;
  llvm::StringSet<> stageNames_;
};
}  // namespace

void checkFile(const Dockerfile& file, LintReport& report) { FileChecker(file, report).check(); }

}  // namespace strata::builder

#include "builder/frontend/instruction.h"

#include "builder/frontend/flag_reader.h"
#include "builder/frontend/type_instruction.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

llvm::ArrayRef<llvm::StringRef> instructionKeywords() {
  static constexpr llvm::StringRef kKeywords[] = {"ADD",    "ARG",   "CMD",         "COPY",  "ENTRYPOINT", "ENV",
                                                  "EXPOSE", "FROM",  "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
                                                  "RUN",    "SHELL", "STOPSIGNAL",  "USER",  "VOLUME",     "WORKDIR"};
  return kKeywords;
}

namespace {
bool isKeyword(llvm::StringRef name) {
  return llvm::any_of(instructionKeywords(), [&](llvm::StringRef one) { return one.equals_insensitive(name); });
}

/// STAGE-2.
bool isStageName(llvm::StringRef name) {
  return !name.empty() && llvm::isAlpha(name[0]) && llvm::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || llvm::isDigit(c) || c == '-' || c == '_' || c == '.';
  });
}

/// How many instructions follow a FROM up to the next one: they are too large to be moved as their list grows.
size_t lengthOfStage(const Ast& ast, const AstNode& from) {
  size_t length = 0;
  for (const AstNode* node = &from + 1; node != ast.nodes.data() + ast.nodes.size() && node->name != "from"; ++node)
    ++length;
  return length;
}

/// STAGE-1.
llvm::Expected<Stage> typeStage(const AstNode& node, const SourceText& source) {
  static constexpr FlagSpec kFlags[] = {{"platform"}};
  auto flags = FlagReader::read(node, kFlags, source);
  if (!flags) return flags.takeError();
  Stage stage;
  bool named = node.args.size() == 3 && node.args[1].text.equals_insensitive("as");
  if (node.args.size() != 1 && !named)
    return parseFault(source, node.range, "FROM requires either one or three arguments");
  stage.image = node.args[0].text;
  stage.imageRange = node.args[0].range;
  stage.platform = flags->string("platform");
  if (named) {
    stage.asKeyword = node.args[1].text;
    stage.nameAsWritten = node.args[2].text;
    stage.name = stage.nameAsWritten.lower();
    if (!isStageName(stage.name))
      return parseFault(source, node.rangeFor(node.args[2]),
                        "invalid name for build stage: \"" + stage.nameAsWritten +
                            "\", name can't start with a number or contain symbols");
  }
  stage.keyword = node.keyword;
  stage.text = node.text;
  stage.range = node.range;
  stage.comments = node.comments;
  return stage;
}
}  // namespace

llvm::Expected<Dockerfile> readDockerfile(std::shared_ptr<const SourceText> source) {
  PartialDockerfile read = readAsFarAsPossible(std::move(source));
  if (read.error) return std::move(read.error);
  return std::move(read.file);
}

PartialDockerfile readAsFarAsPossible(std::shared_ptr<const SourceText> source) {
  std::vector<Problem> problems;
  Dockerfile file{.ast = parseDockerfile(source, problems)};
  bool seenFrom = false, headless = false;  // headless: somebody was told that a FROM is missing, or wrote it wrong
  for (const AstNode& node : file.ast.nodes) {
    auto wrong = [&](llvm::Error error) { problems.push_back({node.range.firstLine(), std::move(error)}); };
    if (node.name == "from") {
      seenFrom = true;
      auto stage = typeStage(node, *source);
      if (stage) {
        stage->instructions.reserve(lengthOfStage(file.ast, node));
        file.stages.push_back(std::move(*stage));
      } else {
        wrong(stage.takeError());
      }
      continue;
    }
    auto instruction = typeInstruction(node, *source);
    if (!instruction) {
      headless |= !isKeyword(node.name);
      wrong(instruction.takeError());
    } else if (!seenFrom) {
      if (node.name == "arg")
        file.globals.push_back(std::move(*instruction));
      else if (!std::exchange(headless, true))
        wrong(parseFault(*source, node.range, "no build stage in current context"));
    } else if (!file.stages.empty()) {
      file.stages.back().instructions.push_back(std::move(*instruction));
    }
  }
  if (problems.empty() && file.stages.empty())
    problems.push_back({0, fault(FaultKind::Invalid, source->name() + ": dockerfile contains no stages to build")});
  return {std::move(file), joinProblems(std::move(problems))};
}

namespace {
/// One trigger (ONB-7), typed into the file's one stage.
llvm::Error readTrigger(const std::string& trigger, Dockerfile& file) {
  auto wrong = [](const llvm::Twine& message) { return fault(FaultKind::Invalid, message); };
  auto ast = parseDockerfile(std::make_shared<SourceText>("ONBUILD", trigger));
  if (!ast) return ast.takeError();
  file.triggers.push_back(std::move(*ast));
  const Ast& own = file.triggers.back();
  if (own.nodes.size() != 1) return wrong("onbuild trigger should be a single expression, not: " + trigger);
  const AstNode& node = own.nodes[0];
  if (node.name == "onbuild" || node.name == "maintainer" || node.name == "from")
    return wrong(node.name.upper() + " isn't allowed as an ONBUILD trigger");
  auto instruction = typeInstruction(node, *own.source);
  if (!instruction) return instruction.takeError();
  instruction->range = {};
  file.stages[0].instructions.push_back(std::move(*instruction));
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<Dockerfile> readTriggers(llvm::ArrayRef<std::string> triggers) {
  Dockerfile file;
  file.ast.source = std::make_shared<SourceText>("ONBUILD", llvm::join(triggers, "\n"));
  file.stages.emplace_back();
  for (const std::string& trigger : triggers)
    if (auto error = readTrigger(trigger, file)) return error;
  return file;
}

}  // namespace strata::builder

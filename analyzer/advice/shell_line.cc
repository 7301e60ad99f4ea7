#include "analyzer/advice/shell_line.h"

#include "analyzer/causes/step_match.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kBlank = " \t\r\n";

llvm::StringRef instructionText(const builder::BuildStep& step) {
  for (const builder::KeyComponent& component : step.components)
    if (component.kind == builder::KeyComponent::Kind::Instruction) return component.value;
  return {};
}

SimpleCommand commandWords(llvm::StringRef text) {
  SimpleCommand words;
  while (!(text = text.ltrim(kBlank)).empty()) {
    words.push_back(text.take_until([](char c) { return kBlank.contains(c); }).str());
    text = text.drop_front(words.back().size());
  }
  return words;
}

/// "A=1", which lasts as long as the shell.
bool isAssignment(llvm::StringRef word) {
  size_t equals = word.find('=');
  return equals != llvm::StringRef::npos && equals > 0 &&
         llvm::all_of(word.take_front(equals), [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// Words with which a command changes the shell that it runs in.
bool changesShell(llvm::StringRef word) {
  return llvm::StringSwitch<bool>(word)
      .Cases("cd", "pushd", "popd", "export", "unset", "set", "shopt", "umask", true)
      .Cases("exit", "exec", "trap", "source", ".", "alias", "ulimit", "return", true)
      .Cases("read", "local", "declare", "readonly", "eval", "getopts", "shift", true)
      .Default(false);
}

bool isList(llvm::StringRef text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ';' || text[i] == '\n') return true;
    if (text.substr(i).starts_with("||")) return true;
    bool amp = text[i] == '&' && !text.substr(i).starts_with("&&") && (i == 0 || text[i - 1] != '&');
    if (amp) return true;
  }
  return false;
}
}  // namespace

std::optional<std::string> shellTextOf(const builder::BuildStep& step) {
  if (step.instruction != "run") return std::nullopt;
  llvm::StringRef text = instructionText(step);
  for (llvm::StringRef shell : {"/bin/sh -c ", "/bin/bash -c ", "/bin/ash -c ", "sh -c ", "bash -c ",
                                "/bin/bash -o pipefail -c ", "/bin/bash -eo pipefail -c ", "/bin/sh -e -c "})
    if (text.consume_front(shell)) {
      llvm::StringRef line = textOf(step);
      bool sameText = !text.empty() && line.ends_with(text);  // no here-document, no exec form
      bool jsonForm = line.split(' ').second.ltrim().starts_with("[");
      return sameText && !jsonForm && !text.contains("<<") ? std::optional(text.str()) : std::nullopt;
    }
  return std::nullopt;
}

std::vector<std::string> runFlagsOf(const builder::BuildStep& step) {
  std::vector<std::string> flags;
  SimpleCommand words = commandWords(textOf(step));
  for (const std::string& word : llvm::ArrayRef(words).drop_front(!words.empty())) {
    if (!llvm::StringRef(word).starts_with("--")) break;
    flags.push_back(word);
  }
  return flags;
}

std::optional<std::vector<SimpleCommand>> simpleCommands(llvm::StringRef text) {
  if (text.find_first_of("\"'\\$`|<>(){}#*?[]~!\n\r") != llvm::StringRef::npos) return std::nullopt;
  std::vector<SimpleCommand> commands;
  while (true) {
    size_t end = text.find_first_of("&;");
    SimpleCommand words = commandWords(text.take_front(end));
    if (words.empty() || isAssignment(words.front())) return std::nullopt;
    commands.push_back(std::move(words));
    if (end == llvm::StringRef::npos) return commands;
    text = text.drop_front(end);
    if (!text.consume_front("&&") && !text.consume_front(";")) return std::nullopt;
    if (text.trim().empty()) return commands;
  }
}

std::vector<SimpleCommand> looseCommands(llvm::StringRef text) {
  std::vector<SimpleCommand> commands;
  while (!text.empty()) {
    size_t end = text.find_first_of("&;|\n(){}");
    SimpleCommand words = commandWords(text.take_front(end));
    while (words.size() > 1 && isAssignment(words.front())) words.erase(words.begin());
    if (!words.empty()) commands.push_back(std::move(words));
    if (end == llvm::StringRef::npos) break;
    text = text.drop_front(end + 1);
  }
  return commands;
}

std::optional<JoinedShell> joinShell(llvm::StringRef first, llvm::StringRef second) {
  first = first.rtrim(kBlank);
  // A comment or a continued line would swallow what follows, "a &" has nothing to be joined with.
  for (llvm::StringRef text : {first, second})
    if (text.contains('#') || text.contains("<<") || text.ends_with("\\") || text.ends_with("&") || text.ends_with(";"))
      return std::nullopt;
  JoinedShell joined{.bracketsSecond = isList(second)};
  for (const SimpleCommand& command : looseCommands(first))  // "then cd x" counts as well
    joined.bracketsFirst |= isAssignment(command.front()) || llvm::any_of(command, changesShell);
  joined.bracketsFirst |= first.starts_with("{");
  return joined;
}

}  // namespace strata::analyzer

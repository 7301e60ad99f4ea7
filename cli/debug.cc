/// \file `strata debug`: what the Dockerfile reader makes of its input. Source: dump-format.md.

#include "builder/frontend/ast.h"
#include "builder/frontend/expand.h"
#include "cli/commands.h"
#include "cli/debug_input.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <unistd.h>
#include <map>

namespace strata::cli {

namespace {

struct DumpOptions {
  bool lines = false;
};

llvm::Expected<std::string> readInput(const std::string& path) {
  if (path != "-") return readFile(path, kLargestInput);
  FdSource input(STDIN_FILENO);
  return readAll(input, kLargestInput);
}

llvm::Expected<int> dumpDockerfile(const DumpOptions& options, Session& session, const Arguments& arguments) {
  auto text = readInput(arguments[0]);
  if (!text) return text.takeError();
  auto ast = builder::parseDockerfile(std::make_shared<builder::SourceText>(arguments[0], std::move(*text)));
  if (!ast) return ast.takeError();
  if (options.lines)
    builder::dumpLines(*ast, session.out());
  else
    builder::dumpAst(*ast, session.out());
  return 0;
}

struct ExpandOptions {
  std::vector<std::string> environment;
  std::string escape = "\\";
  bool split = false;
};

llvm::Expected<std::map<std::string, std::string>> variablesOf(const ExpandOptions& options) {
  std::map<std::string, std::string> variables;
  for (const std::string& pair : options.environment) {
    auto [name, value] = llvm::StringRef(pair).split('=');
    if (name.size() == pair.size()) return fault(FaultKind::Invalid, "--env " + pair + " is not NAME=VALUE");
    variables[name.str()] = value.str();
  }
  return variables;
}

llvm::Expected<std::string> expanded(const ExpandOptions& options, llvm::StringRef word,
                                     builder::VariableLookup lookup) {
  if (!options.split) {
    auto expansion = builder::expandWord(word, lookup, options.escape[0]);
    if (!expansion) return expansion.takeError();
    return std::move(expansion->text);
  }
  auto words = builder::expandWords(word, lookup, options.escape[0]);
  if (!words) return words.takeError();
  llvm::json::Array array;
  for (const std::string& one : *words) array.push_back(llvm::json::fixUTF8(one));
  return printJson(std::move(array));
}

llvm::Expected<int> expandWord(const ExpandOptions& options, Session& session, const Arguments& arguments) {
  if (options.escape.size() != 1) return fault(FaultKind::Invalid, "--escape takes one character");
  auto variables = variablesOf(options);
  if (!variables) return variables.takeError();
  auto text = expanded(options, arguments[0], [&](llvm::StringRef name) -> std::optional<llvm::StringRef> {
    auto found = variables->find(name.str());
    if (found == variables->end()) return std::nullopt;
    return llvm::StringRef(found->second);
  });
  if (!text) return text.takeError();
  session.out() << *text << "\n";
  return 0;
}

}  // namespace

Command dumpDockerfileCommand() {
  return {.name = "dump-dockerfile",
          .usage = "[--lines] FILE",
          .description = "Print the syntax tree of a Dockerfile",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<DumpOptions>();
            declared.flag("--lines", options->lines, "First line, last line and name of each instruction instead");
            return [options](Session& session, const Arguments& arguments) {
              return dumpDockerfile(*options, session, arguments);
            };
          }};
}

Command expandWordCommand() {
  return {.name = "expand-word",
          .usage = "[OPTIONS] [--] WORD",
          .description = "Expand variables and remove quotes as for an instruction's argument",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ExpandOptions>();
            declared.list("--env", options->environment, "A variable", "NAME=VALUE");
            declared.text("--escape", options->escape, "The escape sign", "C");
            declared.flag("--split", options->split, "Split at white space: a JSON array of strings");
            return [options](Session& session, const Arguments& arguments) {
              return expandWord(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli

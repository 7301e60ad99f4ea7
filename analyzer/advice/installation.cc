#include "analyzer/advice/installation.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::analyzer {

namespace {
bool packageJsonReadsNoMore(llvm::StringRef text) {
  auto value = parseJson(text);
  if (!value) {
    llvm::consumeError(value.takeError());
    return false;
  }
  const llvm::json::Object* package = value->getAsObject();
  if (!package || package->get("workspaces")) return false;
  if (const llvm::json::Object* scripts = package->getObject("scripts"))
    for (const char* hook :
         {"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"})
      if (scripts->get(hook)) return false;
  for (llvm::StringRef local : {"\"file:", "\"link:", "\"workspace:", "\"portal:", "\"./", "\"../"})
    if (text.contains(local)) return false;
  return true;
}

bool requirementsReadNoMore(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n', -1, false);
  return llvm::none_of(lines, [](llvm::StringRef line) {
    line = line.trim();
    if (line.starts_with("#")) return false;
    bool option = line.starts_with("-") && !line.starts_with("--hash");
    return option || line.starts_with(".") || line.starts_with("/") || line.contains("file:") || line.contains("@ .");
  });
}

bool goModReadsNoMore(llvm::StringRef text) { return !text.contains("=> .") && !text.contains("=> /"); }

bool isPlainName(llvm::StringRef word) { return !word.empty() && !word.contains('/') && !word.starts_with("-"); }
}  // namespace

std::optional<Installation> installationOf(const SimpleCommand& command) {
  if (llvm::any_of(command, [](llvm::StringRef word) { return word.contains('/') || word.starts_with("--prefix"); }))
    return std::nullopt;
  llvm::StringRef program = command.front(), action;
  if (command.size() > 1) action = command[1];
  bool onlyOptions = llvm::all_of(llvm::drop_begin(command, std::min<size_t>(2, command.size())),
                                  [](llvm::StringRef word) { return word.starts_with("-"); });
  if (program == "npm" && (action == "ci" || action == "install" || action == "i") && onlyOptions)
    return Installation{{"package.json"},
                        {"package-lock.json", "npm-shrinkwrap.json", ".npmrc"},
                        packageJsonReadsNoMore,
                        "node_modules"};
  if (program == "yarn" && (action == "install" || action.starts_with("-") || action.empty()) && onlyOptions)
    return Installation{{"package.json", "yarn.lock"}, {".yarnrc", ".npmrc"}, packageJsonReadsNoMore, "node_modules"};
  if (program == "go" && action == "mod" && command.size() == 3 && command[2] == "download")
    return Installation{{"go.mod"}, {"go.sum"}, goModReadsNoMore, "vendor"};
  if ((program == "pip" || program == "pip3") && action == "install" && command.size() >= 4 &&
      command[command.size() - 2] == "-r" && isPlainName(command.back()) &&
      llvm::all_of(llvm::ArrayRef(command).slice(2, command.size() - 4), [](llvm::StringRef word) {
        return word == "--no-cache-dir" || word == "--upgrade" || word == "-U" || word == "-q" || word == "--no-deps";
      }))
    return Installation{{command.back()}, {}, requirementsReadNoMore, ""};
  return std::nullopt;
}

bool asksUnseen(llvm::StringRef shellText) {
  auto isSuch = [](llvm::StringRef word) {
    return llvm::StringSwitch<bool>(word)
        .Cases("test", "[", "[[", "stat", "find", "source", ".", true)
        .Cases("sh", "bash", "ash", "dash", "zsh", "eval", true)
        .Cases("make", "gmake", "cmake", "ninja", "meson", "bazel", "rsync", "git", true)
        .Default(false);
  };
  for (const SimpleCommand& command : looseCommands(shellText))
    if (llvm::any_of(command, isSuch)) return true;
  return false;
}

}  // namespace strata::analyzer

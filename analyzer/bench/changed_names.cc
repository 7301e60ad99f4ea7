#include "analyzer/bench/changed_names.h"

#include "support/cancel.h"
#include "support/fault.h"
#include "support/process.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringRef.h>

#include <unistd.h>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kCommits = "500";

/// Ours, but for what names another repository, or has a program started: what an unpacked project brings in its
/// .git/config is nobody's wish.
std::vector<std::string> quietEnvironment() {
  std::vector<std::string> environment{"GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL="};
  for (char** one = environ; *one; ++one)
    if (!llvm::StringRef(*one).starts_with("GIT_")) environment.push_back(*one);
  return environment;
}

std::vector<std::string> logWords(const std::string& directory) {
  std::vector<std::string> words{"git", "--no-pager", "-C", directory};
  for (const char* setting : {"core.fsmonitor=false", "core.sshCommand=false", "core.hooksPath=/dev/null"})
    words.insert(words.end(), {"-c", setting});
  words.insert(words.end(), {"log", "-n", kCommits.str(), "--no-merges", "--no-show-signature", "--no-ext-diff",
                             "--no-textconv", "--name-only", "--relative", "--format=", "-z"});
  return words;
}
}  // namespace

llvm::Expected<std::vector<std::string>> namesInCommits(const std::string& directory, const CancelToken& cancel) {
  std::vector<std::string> names;
  auto asked = runProcess({.argv = logWords(directory), .environment = quietEnvironment(), .cancel = &cancel});
  if (!asked) {
    llvm::Error error = asked.takeError();
    if (kindOf(error) == FaultKind::Cancelled) return error;
    return llvm::consumeError(std::move(error)), names;
  }
  if (asked->exitCode != 0) return names;
  for (llvm::StringRef name : llvm::split(asked->output, '\0'))
    if (!name.trim().empty()) names.push_back(name.trim().str());
  return names;
}

}  // namespace strata::analyzer

#pragma once
/// \file What a command is to the program: its name, what it says of itself, its options, its action. A command is
/// declared only when it was named: `strata version` pays for nothing else.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <string>
#include <vector>

namespace strata::cli {

class Options;
class Session;

/// Exit status (EX_TEMPFAIL): only the transfer failed, after all attempts; the same command may work later.
inline constexpr int kTransferFailed = 75;

using Arguments = std::vector<std::string>;
/// Does the work; the exit status of the program, or an error that becomes one.
using Action = std::function<llvm::Expected<int>(Session& session, const Arguments& arguments)>;

struct Command {
  const char* name;
  const char* usage;        ///< "[OPTIONS] IMAGE [IMAGE...]"
  const char* description;  ///< one line, without a full stop
  int minimum, maximum;     ///< how many arguments; maximum -1: any number
  /// Declares the options and gives the action, which owns what they are stored in.
  Action (*declare)(Options& options);
  bool optionsFirst = false;  ///< as for `run`: the first argument ends the options
  int failure = 1;            ///< exit status of an error
  const char* errorPrefix = "Error: ";
  /// Mount namespaces must be entered before the first thread: done before anything is opened.
  bool ownMounts = false;
  /// It works as whoever calls it: an ordinary user does not become root of a user namespace for it.
  bool asCaller = false;
  /// An Unavailable fault ends it with kTransferFailed: what it does is to move things to or from a registry.
  bool transfers = false;
  /// Another name of a command that help lists already.
  bool alias = false;
};

/// Commands below one name: `image ls`.
struct CommandGroup {
  const char* name;
  const char* description;
  std::vector<Command> commands;
};

/// Finds the command that the words name and does it. The exit status of the program.
int runCommandLine(const std::vector<std::string>& words);

}  // namespace strata::cli

#pragma once
/// \file A program that is started for a benchmark and ends with it.

#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <string>
#include <vector>

namespace strata::analyzer {

struct ProgramCall {
  std::string program;                 ///< a path, or a name that PATH finds
  std::vector<std::string> arguments;  ///< the first is what it is told of itself
};

/// In a session of its own, so that Ctrl-C on the terminal reaches us alone, with an empty standard input, `output` for
/// both streams and no signal blocked. When the thread that started it is gone, also by SIGKILL, it is asked to end
/// (SIGTERM). Faults: NotFound, Denied or Io with the reason where it cannot be started.
llvm::Expected<pid_t> startProgram(const ProgramCall& call, int output);

}  // namespace strata::analyzer

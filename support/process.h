#pragma once
/// \file Running another program to its end: arguments, environment, output, exit. (A RUN step is not this: see
/// runtime/sandbox/sandbox.h.)

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata {
class CancelToken;

struct ProcessSpec {
  std::vector<std::string> argv;                        ///< argv[0] is looked up in PATH
  std::optional<std::vector<std::string>> environment;  ///< NAME=VALUE; nothing: ours
  std::string directory;                                ///< empty: ours
  std::string input;                                    ///< written to standard input, which then ends
  const CancelToken* cancel = nullptr;                  ///< kills the program
};

struct ProcessResult {
  int exitCode = 0;  ///< the program's own, or 128 + the signal that ended it
  std::string output;
  std::string errors;
};

/// Runs to the end and keeps what it printed (64 MiB at most). Faults: NotFound if there is no such program; Cancelled;
/// Io. A non-zero exit is an answer, not a fault.
llvm::Expected<ProcessResult> runProcess(const ProcessSpec& spec);

/// Where PATH finds this program, if it does.
std::optional<std::string> findProgram(llvm::StringRef name);

}  // namespace strata

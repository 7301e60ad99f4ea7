#pragma once
/// \file The program that a container starts: where it is looked for, and what is said when it cannot be started (in
/// docker's words).

#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

/// The paths to try for argv[0]: itself if it holds a slash, else one for each folder of PATH in `env`.
std::vector<std::string> programCandidates(const std::string& program, llvm::ArrayRef<std::string> env);

/// Looks before anything is started. What lies in a mount is not looked at and passes.
/// Faults: NotFound; Denied for a file that nobody may execute.
[[nodiscard]] llvm::Error checkProgram(const ContainerSpec& spec, int rootFd);

/// The fault for execve's `error`.
llvm::Error programFault(const std::string& program, int error);
/// The file is there, but not the interpreter or loader that it names.
llvm::Error missingInterpreterFault(const std::string& program);

}  // namespace strata::runtime

#pragma once
/// \file What a supervisor tells the command that started it, once: the container runs, or why it does not.

#include "support/fault.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>

namespace strata::runtime {

/// The text of a report and back: success, or the error. Faults: Unavailable for what is no report.
std::string reportOf(llvm::Error error);
[[nodiscard]] llvm::Error readReport(llvm::StringRef report);

/// The exit code by which docker says that a container could not be started: 127 where its program or user is not
/// there, 126 where it cannot be executed, else 128.
int64_t startFailureCode(FaultKind kind);

}  // namespace strata::runtime

#pragma once
/// \file A file that a command writes for the user, of any size.

#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <string>

namespace strata {

using ProduceBytes = llvm::function_ref<llvm::Error(ByteSink& sink)>;

/// Beside its place first, and put there in one step, so that a failure, or a kill, leaves what was there (a kill at
/// the very end perhaps the old file beside the new one). Nothing waits for the disk: when the machine stops, both may
/// be lost. What `produce` faults is passed on.
[[nodiscard]] llvm::Error replaceFile(const std::string& path, mode_t mode, ProduceBytes produce);

/// The same, but a device or a pipe is written to, not replaced.
[[nodiscard]] llvm::Error writeOutput(const std::string& path, mode_t mode, ProduceBytes produce);

}  // namespace strata

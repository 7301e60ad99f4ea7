#pragma once
/// \file How each shell asks `strata __complete` (complete.cc). Source: bash(1), Programmable Completion;
/// zshcompsys(1); fish's complete(1).

#include <llvm/ADT/StringRef.h>

namespace strata::cli {

/// Of bash, zsh or fish; empty for another shell.
llvm::StringRef completionScript(llvm::StringRef shell);

}  // namespace strata::cli

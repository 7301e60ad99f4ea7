#pragma once
/// \file The instruction that made a layer, from the line of the history that its builder wrote.

#include <llvm/ADT/StringRef.h>

#include <string>

namespace strata::analyzer {

/// Without what every line of its builder has: the shell, build arguments, markers. May be empty.
std::string instructionOf(llvm::StringRef createdBy);

/// A text for a table: lines, which a here-document gives a RUN, are set apart by "; ".
std::string onOneLine(llvm::StringRef text);

}  // namespace strata::analyzer

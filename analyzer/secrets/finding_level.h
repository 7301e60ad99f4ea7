#pragma once
/// \file How much a finding matters: as SARIF has it.

#include <llvm/ADT/StringRef.h>

namespace strata::analyzer {

enum class FindingLevel { Error, Warning, Note };
llvm::StringRef nameOf(FindingLevel level);  ///< "error", "warning", "note": as SARIF and JSON have it

}  // namespace strata::analyzer

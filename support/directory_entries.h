#pragma once
/// \file Listing a directory.

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata {

/// Names in a directory, sorted, without "." and ".."; none for one that is not there. Faults: Denied; Io.
llvm::Expected<std::vector<std::string>> entriesOf(const std::string& directory);

}  // namespace strata

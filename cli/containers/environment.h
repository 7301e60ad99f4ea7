#pragma once
/// \file `-e` and `--env-file`, as docker reads them.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

/// `base` (NAME=VALUE each) with what the files and then the texts say: NAME=VALUE sets, NAME alone takes our own
/// variable or removes it. Faults: Invalid; NotFound for a file.
llvm::Expected<std::vector<std::string>> environmentWith(std::vector<std::string> base,
                                                         llvm::ArrayRef<std::string> files,
                                                         llvm::ArrayRef<std::string> texts);

}  // namespace strata::cli

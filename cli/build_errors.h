#pragma once
/// \file How the errors of a build are shown: each with its excerpt, then its cause. Source: spec ERR-2.

#include <llvm/Support/Error.h>
#include <llvm/Support/raw_ostream.h>

namespace strata::cli {

/// Prints every error but the last whole, and the excerpt of the last; what is left of it comes back, to be printed as
/// the command's error. Nothing happens to success.
llvm::Error showExcerpts(llvm::Error error, llvm::raw_ostream& out);

}  // namespace strata::cli

#pragma once
/// \file A directory copied with all that it is: owners, times, extended attributes, links.

#include <llvm/Support/Error.h>

#include <string>

namespace strata {
class CancelToken;
}

namespace strata::analyzer {

/// Makes `to`, which must not be there. Contents are shared where the file system can do that, and are two in any case:
/// no hard link leads from one to the other. Faults: Cancelled; Io with what cp(1) said.
[[nodiscard]] llvm::Error copyDirectory(const std::string& from, const std::string& to, const CancelToken& cancel);

}  // namespace strata::analyzer

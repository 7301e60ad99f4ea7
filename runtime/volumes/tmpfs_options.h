#pragma once
/// \file What may be said of a tmpfs: `--tmpfs /run:size=64m,mode=1777,exec`.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

namespace strata::runtime {

/// Options separated by commas; none at all is fine. Faults: Invalid in docker's words.
[[nodiscard]] llvm::Error checkTmpfsOptions(llvm::StringRef options);

}  // namespace strata::runtime

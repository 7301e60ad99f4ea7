#pragma once
/// \file `--since` and `--until`: moments as docker's users write them.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>

namespace strata::cli {

/// How long ago ("10m", "1h30m"), seconds since 1970 ("1767323045.5"), or a time ("2026-01-02T03:04:05Z", also without
/// its end), as nanoseconds since 1970. Empty: nothing. `option` is named in the fault. Faults: Invalid.
llvm::Expected<std::optional<int64_t>> momentFrom(llvm::StringRef text, llvm::StringRef option);

}  // namespace strata::cli

#pragma once
/// \file Sizes as people write them for limits: "64m", "1.5g", "512".

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>

namespace strata {

/// A number, perhaps with a fraction, and perhaps a unit of 1024: b, k, m, g, t, p in either case, also as "kb" and
/// "KiB"; a blank may stand between them. Bytes, rounded down. Faults: Invalid.
llvm::Expected<uint64_t> parseByteSize(llvm::StringRef text);

}  // namespace strata

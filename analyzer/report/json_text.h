#pragma once
/// \file What JSON says of foreign texts and of sizes.

#include "support/text.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <string>

namespace strata::analyzer {

/// Bytes that are no UTF-8 become U+FFFD.
inline std::string jsonText(llvm::StringRef bytes) { return llvm::json::fixUTF8(bytes); }
/// As printable() has it: what a page or a code host shows.
inline std::string shownText(llvm::StringRef bytes) { return llvm::json::fixUTF8(printable(bytes)); }
/// JSON's numbers are signed; no size is beyond them.
inline int64_t jsonNumber(uint64_t value) { return int64_t(value); }

}  // namespace strata::analyzer

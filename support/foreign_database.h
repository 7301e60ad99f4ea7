#pragma once
/// \file SQLite databases that come from outside, such as rpm's: bytes in memory, read alone, nothing in them trusted.
/// Defined in database.cc, the door to SQLite.

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata {

/// Gives each row's first column, text or blob, to `row`. A write-ahead log beside the file is not known here. Faults:
/// Corrupt for what is no database; Io for a query that it does not understand or that works for too long; what `row`
/// returns.
[[nodiscard]] llvm::Error queryForeignDatabase(std::string bytes, const char* query,
                                               llvm::function_ref<llvm::Error(llvm::StringRef)> row);

}  // namespace strata

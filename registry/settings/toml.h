#pragma once
/// \file TOML as a JSON value: tables are objects, and whoever reads settings needs no second vocabulary. The door to
/// toml++. Source: TOML v1.0.0.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

namespace strata::registry {

/// Dates and times become strings. Bytes beyond ASCII become '?': no name of a registry has such, and toml++ 3.3 loses
/// its way in some of them. Faults: Invalid naming line and column.
llvm::Expected<llvm::json::Object> parseToml(llvm::StringRef text);

}  // namespace strata::registry

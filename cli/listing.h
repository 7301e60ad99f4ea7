#pragma once
/// \file Tables of things, in docker's three forms: columns with a header, one JSON object a line, a template a line.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>
#include <llvm/Support/raw_ostream.h>

#include <string>
#include <utility>
#include <vector>

namespace strata::cli {

struct Listing {
  /// Every field of a row: its name in templates and JSON, and its header in a table.
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> columns;  ///< names of the fields that a table has unless asked otherwise
  std::vector<llvm::json::Object> rows;
};

/// `format`: "" or "table", "table TEMPLATE" (columns separated by \t), "json", or a template.
/// Faults: Invalid for a template that does not fit.
[[nodiscard]] llvm::Error printListing(const Listing& listing, llvm::StringRef format, llvm::raw_ostream& out);

}  // namespace strata::cli

#include "cli/listing.h"

#include "cli/template.h"
#include "support/text.h"

namespace strata::cli {

namespace {

std::string cellOf(const llvm::json::Object& row, llvm::StringRef field) {
  const llvm::json::Value* value = row.get(field);
  if (!value) return "";
  if (auto text = value->getAsString()) return text->str();
  return printJson(*value);
}

std::string plainTable(const Listing& listing) {
  std::vector<std::vector<std::string>> rows(1);
  for (const std::string& column : listing.columns)
    for (const auto& [name, header] : listing.fields)
      if (name == column) rows[0].push_back(header);
  for (const llvm::json::Object& row : listing.rows) {
    rows.emplace_back();
    for (const std::string& column : listing.columns) rows.back().push_back(cellOf(row, column));
  }
  return table(rows);
}

llvm::Expected<std::string> templateTable(const Listing& listing, llvm::StringRef text) {
  auto parsed = Template::parse(text);
  if (!parsed) return parsed.takeError();
  llvm::json::Object header;
  for (const auto& [name, title] : listing.fields) header[name] = title;
  std::vector<std::vector<std::string>> rows;
  auto add = [&](const llvm::json::Object& row) -> llvm::Error {
    auto line = parsed->render(llvm::json::Object(row));
    if (!line) return line.takeError();
    llvm::SmallVector<llvm::StringRef> cells;
    llvm::StringRef(*line).split(cells, '\t');
    rows.emplace_back();
    for (llvm::StringRef cell : cells) rows.back().push_back(cell.str());
    return llvm::Error::success();
  };
  if (llvm::Error error = add(header)) return error;
  for (const llvm::json::Object& row : listing.rows)
    if (llvm::Error error = add(row)) return error;
  return table(rows);
}

}  // namespace

llvm::Error printListing(const Listing& listing, llvm::StringRef format, llvm::raw_ostream& out) {
  llvm::StringRef text = format.trim();
  if (text.empty() || text == "table") {
    out << plainTable(listing);
    return llvm::Error::success();
  }
  if (text.consume_front("table ")) {
    auto printed = templateTable(listing, text.trim());
    if (!printed) return printed.takeError();
    out << *printed;
    return llvm::Error::success();
  }
  for (const llvm::json::Object& row : listing.rows)
    if (llvm::Error error = printFormatted(format, llvm::json::Object(row), out)) return error;
  return llvm::Error::success();
}

}  // namespace strata::cli

#include "support/csv.h"

#include "support/fault.h"

namespace strata {

namespace {
/// Takes a quoted field off `rest`, which begins with its quote.
llvm::Expected<std::string> takeQuoted(llvm::StringRef& rest, llvm::StringRef record) {
  std::string field;
  rest = rest.drop_front();
  while (true) {
    size_t quote = rest.find('"');
    if (quote == llvm::StringRef::npos)
      return fault(FaultKind::Invalid, "quote without its partner in '" + record + "'");
    field += rest.take_front(quote);
    rest = rest.drop_front(quote + 1);
    if (!rest.consume_front("\"")) break;
    field += '"';
  }
  if (!rest.empty() && !rest.starts_with(","))
    return fault(FaultKind::Invalid, "text after a closing quote in '" + record + "'");
  return field;
}
}  // namespace

llvm::Expected<std::vector<std::string>> splitCsv(llvm::StringRef record) {
  std::vector<std::string> fields;
  llvm::StringRef rest = record;
  do {
    if (rest.starts_with("\"")) {
      auto field = takeQuoted(rest, record);
      if (!field) return field.takeError();
      fields.push_back(std::move(*field));
    } else {
      llvm::StringRef field = rest.take_until([](char c) { return c == ','; });
      if (field.find_first_of("\"\r\n") != llvm::StringRef::npos)
        return fault(FaultKind::Invalid, "quote or line end inside a field of '" + record + "'");
      fields.push_back(field.str());
      rest = rest.drop_front(field.size());
    }
  } while (rest.consume_front(","));
  return fields;
}

CsvOption parseCsvOption(llvm::StringRef field) {
  auto [key, value] = field.split('=');
  return {.key = key.trim().lower(), .value = value.str(), .hasValue = field.contains('=')};
}

}  // namespace strata

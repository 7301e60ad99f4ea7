#include "registry/settings/toml.h"

#include "support/fault.h"
#include "support/text.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

#include <sstream>

namespace strata::registry {

namespace {
llvm::json::Object objectOf(const toml::table& table);

llvm::json::Value valueOf(const toml::node& node) {
  if (const toml::table* table = node.as_table()) return objectOf(*table);
  if (const toml::array* array = node.as_array()) {
    llvm::json::Array values;
    for (const toml::node& element : *array) values.push_back(valueOf(element));
    return values;
  }
  if (auto text = node.value_exact<std::string>()) return llvm::json::fixUTF8(*text);
  if (auto truth = node.value_exact<bool>()) return *truth;
  if (auto number = node.value_exact<int64_t>()) return *number;
  if (auto number = node.value_exact<double>()) return *number;
  std::ostringstream text;
  node.visit([&](const auto& value) { text << value; });
  return text.str();
}

llvm::json::Object objectOf(const toml::table& table) {
  llvm::json::Object object;
  for (const auto& [key, node] : table) object[llvm::json::fixUTF8(std::string(key.str()))] = valueOf(node);
  return object;
}
}  // namespace

llvm::Expected<llvm::json::Object> parseToml(llvm::StringRef text) {
  toml::parse_result result = toml::parse(std::string_view(text.data(), text.size()));
  if (result) return objectOf(result.table());
  const toml::parse_error& error = result.error();
  std::string what(error.description());
  return fault(FaultKind::Invalid, "line " + llvm::Twine(error.source().begin.line) + ", column " +
                                       llvm::Twine(error.source().begin.column) + ": " + printable(what));
}

}  // namespace strata::registry

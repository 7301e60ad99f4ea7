#include "registry/settings/toml.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

#include <sstream>
#include <stdexcept>

namespace {
[[noreturn]] void refuse() { throw std::logic_error("this cannot be understood"); }
}  // namespace

// What toml++ takes for granted of its input and does not check itself ("[[!") is a fault like any other, in every
// build.
#undef NDEBUG
#define TOML_ASSERT(expression) ((expression) ? void() : refuse())
#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace strata::registry {

namespace {
llvm::json::Object objectOf(const toml::table& table);

llvm::json::Value jsonOf(const toml::node& node) {
  if (const toml::table* table = node.as_table()) return objectOf(*table);
  if (const toml::array* array = node.as_array()) {
    llvm::json::Array values;
    for (const toml::node& element : *array) values.push_back(jsonOf(element));
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
  for (const auto& [key, node] : table) object[llvm::json::fixUTF8(std::string(key.str()))] = jsonOf(node);
  return object;
}
}  // namespace

llvm::Expected<llvm::json::Object> parseToml(llvm::StringRef text) {
  text.consume_front("\xef\xbb\xbf");  // a mark of UTF-8
  std::string plain = text.str();
  for (char& c : plain)
    if (!llvm::isASCII(c)) c = '?';
  try {
    return objectOf(toml::parse(std::string_view(plain)));
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    return fault(FaultKind::Invalid, "line " + llvm::Twine(error.source().begin.line) + ", column " +
                                         llvm::Twine(error.source().begin.column) + ": " + printable(what));
  } catch (const std::exception& error) {
    return fault(FaultKind::Invalid, "not TOML: " + printable(error.what()));
  }
}

}  // namespace strata::registry

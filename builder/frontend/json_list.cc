#include "builder/frontend/json_list.h"

#include "support/text.h"

namespace strata::builder {

JsonList readJsonList(llvm::StringRef text) {
  JsonList list;
  text = text.trim();
  if (!text.starts_with("[")) return list;
  auto value = llvm::json::isUTF8(text) ? parseJson(text) : parseJson(llvm::json::fixUTF8(text));
  if (!value) {
    llvm::consumeError(value.takeError());
    return list;
  }
  list.valid = list.allStrings = true;
  for (const llvm::json::Value& element : *value->getAsArray()) {
    auto string = element.getAsString();
    list.allStrings &= string.has_value();
    if (string) list.strings.push_back(string->str());
  }
  return list;
}

}  // namespace strata::builder

#pragma once
/// \file Exec form: a JSON array of strings. Source: spec JSON.

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

struct JsonList {
  bool valid = false;  ///< a JSON array, nothing after it
  bool allStrings = false;
  std::vector<std::string> strings;
};
/// What this text is as JSON; a text that is no valid array is simply not one.
JsonList readJsonList(llvm::StringRef text);

}  // namespace strata::builder

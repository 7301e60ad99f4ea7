#pragma once
/// \file One `--filter label=KEY[=VALUE]`, or `label!=...`, of a list or a prune command.

#include <llvm/ADT/StringRef.h>

#include <map>
#include <optional>
#include <string>

namespace strata::cli {

struct LabelFilter {
  std::string key;
  std::optional<std::string> value;  ///< nothing: any
  bool wanted = true;                ///< label=, else label!=

  /// `text`: KEY or KEY=VALUE.
  static LabelFilter from(llvm::StringRef text, bool wanted = true);
  bool fits(const std::map<std::string, std::string>& labels) const;
};

}  // namespace strata::cli

#pragma once
/// \file Commands of package managers of which it is known what they read of the directory that they run in.

#include "analyzer/advice/shell_line.h"

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct Installation {
  std::vector<std::string> required, optional;              ///< files that it reads
  bool (*isSelfContained)(llvm::StringRef text) = nullptr;  ///< asked of the first of `required`: it leads to no others
  std::string output;                                       ///< must not be in the context; may be empty
};

/// Nothing for any other command, or one with words that may lead elsewhere.
std::optional<Installation> installationOf(const SimpleCommand& command);

/// Whether the outcome may hang on something that an observer of opened files does not see: whether files are there,
/// how old they are, what a script asks.
bool asksUnseen(llvm::StringRef shellText);

}  // namespace strata::analyzer

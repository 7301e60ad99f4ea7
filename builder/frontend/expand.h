#pragma once
/// \file Variables, quotes and escapes in one word of an instruction. Source: spec VAR; dump-format.md, expand-word.

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// The value of a variable, or nothing where it is not set.
using VariableLookup = llvm::function_ref<std::optional<llvm::StringRef>(llvm::StringRef name)>;

struct Expansion {
  std::string text;
  std::vector<std::string> used;   ///< names that had a value, in order of appearance, once each
  std::vector<std::string> unset;  ///< names that had none, likewise
};

/// Expands variables, removes quotes and escapes. Faults: Invalid: `failed to process "<word>": <why>` (VAR-26).
llvm::Expected<Expansion> expandWord(llvm::StringRef word, VariableLookup lookup, char escape = '\\');
/// The same, split at unquoted white space (also of an unquoted variable's value).
llvm::Expected<std::vector<std::string>> expandWords(llvm::StringRef word, VariableLookup lookup, char escape = '\\');
/// A here-document's body (HDOC-13): quotes stand for themselves, a backslash gives the next character.
llvm::Expected<Expansion> expandBody(llvm::StringRef body, VariableLookup lookup);
/// Variables that have a value replaced, everything else as written: for step names (PROG-3). Never fails.
std::string expandForDisplay(llvm::StringRef text, VariableLookup lookup, char escape = '\\');

}  // namespace strata::builder

#pragma once
/// \file Variables, quotes and escapes in one word of an instruction. Source: spec VAR; dump-format.md, expand-word.

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// The value of a variable, or nothing where it is not set.
using VariableLookup = llvm::function_ref<std::optional<llvm::StringRef>(llvm::StringRef name)>;

/// Names in a word, as pieces of it: in order of appearance, once each.
using VariableNames = llvm::SmallVector<llvm::StringRef, 1>;

struct Expansion {
  std::string text;
  VariableNames used;   ///< that had a value
  VariableNames unset;  ///< that had none
};

/// No variable, quote or escape is in it: the word is its own expansion.
bool isPlain(llvm::StringRef word, char escape);

/// Expands variables, removes quotes and escapes. Faults: Invalid: `failed to process "<word>": <why>` (VAR-26).
llvm::Expected<Expansion> expandWord(llvm::StringRef word, VariableLookup lookup, char escape = '\\');
/// The same, split at unquoted white space (also of an unquoted variable's value).
llvm::Expected<std::vector<std::string>> expandWords(llvm::StringRef word, VariableLookup lookup, char escape = '\\');
/// A here-document's body (HDOC-13): quotes stand for themselves, a backslash gives the next character.
llvm::Expected<Expansion> expandBody(llvm::StringRef body, VariableLookup lookup);
/// Appends the text, variables that have a value replaced, everything else as written: for step names (PROG-3). Never
/// fails.
void appendForDisplay(std::string& shown, llvm::StringRef text, VariableLookup lookup, char escape = '\\');

}  // namespace strata::builder

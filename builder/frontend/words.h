#pragma once
/// \file Ways to cut an instruction's text into words, each raw, with its offset. Source: spec LEX-18 to LEX-20, FLAG-1
/// to FLAG-3, HDOC-2; dump-format.md.

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// A word and where it begins in the text that was cut.
struct WordSpan {
  llvm::StringRef text;
  size_t offset = 0;
};

/// Runs of non-blank text.
std::vector<WordSpan> splitBlanks(llvm::StringRef text);

/// Quotes and escapes hold words together and stay in them (LEX-20).
std::vector<std::string> splitQuoted(llvm::StringRef text, char escape, std::vector<size_t>& offsets);

/// Leading flags taken off; what is left begins at `restOffset`.
struct Flags {
  struct Flag {
    std::string text;  ///< quotes and escapes removed
    size_t begin = 0, end = 0;
  };
  std::vector<Flag> flags;
  size_t restOffset = 0;
};
Flags splitFlags(llvm::StringRef text, char escape);

/// A here-document word of a shell line.
struct HeredocWord {
  std::string name;  ///< quotes and escapes removed
  bool expand = true, stripTabs = false;
  unsigned fd = 0;
};
/// All of a line, in order; none if the line's quotes do not close (HDOC-3).
std::vector<HeredocWord> findHeredocs(llvm::StringRef line);
/// One word, if it is one.
std::optional<HeredocWord> parseHeredocWord(llvm::StringRef word);

}  // namespace strata::builder

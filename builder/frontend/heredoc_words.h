#pragma once
/// \file Which words of an instruction begin a here-document. Source: spec HDOC-2 to HDOC-6.

#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::builder {

/// A here-document word of a shell line.
struct HeredocWord {
  std::string name;         ///< quotes and escapes removed
  llvm::StringRef written;  ///< the word, a piece of the line
  bool expand = true, stripTabs = false;
  unsigned fd = 0;
};

/// All of a line, in order; none if its quotes or substitutions do not close (HDOC-3).
std::vector<HeredocWord> findHeredocs(llvm::StringRef line);

}  // namespace strata::builder

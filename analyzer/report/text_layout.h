#pragma once
/// \file Lines that fit a terminal.

#include <llvm/ADT/StringRef.h>

#include <string>

namespace strata::analyzer {

inline constexpr size_t kNarrowestPage = 80;  ///< columns of a page: a narrower terminal breaks lines itself
inline constexpr size_t kHang = 12;           ///< blanks before what belongs to a size or a level at a line's beginning

/// Safe to show, and cut to `most` characters, the last three of them dots then; 0: not cut.
std::string shortened(llvm::StringRef text, size_t most);
/// The words of `text` in lines of at most `columns` characters (0: one line), each behind `indent` blanks and ended.
std::string wrapped(llvm::StringRef text, size_t indent, size_t columns);

}  // namespace strata::analyzer

#pragma once
/// \file Foreign text in Markdown as code hosts show it (GitHub's): nothing of it is read as markup, as a mention or as
/// HTML.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// A code span, in table cells too; "" of nothing. Longer texts than `most` are cut.
std::string code(llvm::StringRef text, size_t most = 0);
/// Text with everything escaped that could be markup.
std::string escaped(llvm::StringRef text);
/// A table of cells that are Markdown already; rows[0] is the header.
std::string markdownTable(llvm::ArrayRef<std::vector<std::string>> rows);

}  // namespace strata::analyzer

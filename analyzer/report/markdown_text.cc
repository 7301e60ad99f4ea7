#include "analyzer/report/markdown_text.h"

#include "analyzer/report/text_layout.h"
#include "support/text.h"

#include <algorithm>

namespace strata::analyzer {

namespace {
size_t longestRun(llvm::StringRef text, char c) {
  size_t longest = 0, run = 0;
  for (char other : text) longest = std::max(longest, run = other == c ? run + 1 : 0);
  return longest;
}
}  // namespace

std::string code(llvm::StringRef text, size_t most) {
  if (text.empty()) return "";
  std::string shown = shortened(text, most), cell;
  for (char c : shown) cell += c == '|' ? std::string("\\|") : std::string(1, c);
  std::string fence(longestRun(cell, '`') + 1, '`');
  bool needsBlank = cell.front() == '`' || cell.back() == '`' || cell.front() == ' ';
  return fence + (needsBlank ? " " : "") + cell + (needsBlank ? " " : "") + fence;
}

std::string escaped(llvm::StringRef text) {
  std::string shown;
  for (char c : printable(text)) {
    if (llvm::StringRef("\\`*_{}[]<>#+!|~&").contains(c)) shown += '\\';
    shown += c;
    if (c == '@') shown += "\xe2\x80\x8b";  // a blank of no width: else it mentions somebody
  }
  return shown;
}

std::string markdownTable(llvm::ArrayRef<std::vector<std::string>> rows) {
  std::string text;
  for (size_t row = 0; row < rows.size(); ++row) {
    text += "|";
    for (const std::string& cell : rows[row]) text += " " + cell + " |";
    text += "\n";
    if (row > 0) continue;
    text += "|";
    for (size_t column = 0; column < rows[row].size(); ++column) text += " --- |";
    text += "\n";
  }
  return text;
}

}  // namespace strata::analyzer

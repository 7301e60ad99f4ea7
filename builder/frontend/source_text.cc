#include "builder/frontend/source_text.h"

#include "support/text.h"

#include <llvm/Support/Format.h>
#include <llvm/Support/raw_ostream.h>

namespace strata::builder {

SourceText::SourceText(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  if (!text_.empty()) lineStarts_.push_back(0);
  for (size_t i = 0; i + 1 < text_.size(); ++i)
    if (text_[i] == '\n') lineStarts_.push_back(uint32_t(i + 1));
}

llvm::StringRef SourceText::line(uint32_t number) const {
  if (number == 0 || number > lineStarts_.size()) return {};
  size_t begin = lineStarts_[number - 1];
  size_t end = number < lineStarts_.size() ? lineStarts_[number] : text_.size();
  return llvm::StringRef(text_).slice(begin, end).rtrim("\r\n");
}

/// ERR-3: two lines either side of one line, one of several.
std::string SourceText::excerpt(const SourceRange& range) const {
  if (!range.known()) return "";
  uint32_t first = range.firstLine(), last = std::max(range.lastLine(), first), count = uint32_t(lineCount());
  uint32_t around = first == last ? 2 : 1;
  uint32_t from = first > around ? first - around : 1, to = std::min(count, last + around);

  std::string text;
  llvm::raw_string_ostream out(text);
  constexpr llvm::StringLiteral rule = "--------------------\n";
  out << name_ << ":" << first << "\n" << rule;
  for (uint32_t number = from; number <= to; ++number) {
    bool marked = number >= first && number <= last;
    out << llvm::format(" %3u | ", number) << (marked ? ">>> " : "    ") << printable(line(number)) << "\n";
    bool part = range.begin.line == range.end.line && range.end.column > range.begin.column;
    bool whole = range.begin.column == 0 && range.end.column >= line(first).size();
    if (marked && part && !whole)
      out << "     |     " << std::string(range.begin.column, ' ')
          << std::string(range.end.column - range.begin.column, '^') << "\n";
  }
  out << rule;
  return text;
}

}  // namespace strata::builder

#include "analyzer/browser/screen.h"

#include <llvm/Support/Unicode.h>

#include <algorithm>

namespace strata::analyzer {

namespace {
/// Bytes of the first character of UTF-8.
size_t lengthOf(llvm::StringRef text) {
  size_t length = 1;
  while (length < text.size() && (text[length] & 0xc0) == 0x80) ++length;
  return length;
}

/// Columns that a character takes: 0 for marks that sit on another, 2 for wide ones.
size_t widthOf(llvm::StringRef character) {
  int width = llvm::sys::unicode::columnWidthUTF8(character);
  return width < 0 ? 1 : size_t(width);
}
}  // namespace

ScreenLine& ScreenLine::add(llvm::StringRef text, Style style) {
  Piece piece{.text = {}, .style = style};
  while (!text.empty()) {
    llvm::StringRef character = text.take_front(lengthOf(text));
    size_t width = widthOf(character);
    if (width > left_) break;
    piece.text += character;
    left_ -= width;
    used_ += width;
    text = text.drop_front(character.size());
  }
  if (!piece.text.empty()) pieces.push_back(std::move(piece));
  return *this;
}

ScreenLine& ScreenLine::fillTo(size_t column, Style style) {
  return column > used_ ? add(std::string(column - used_, ' '), style) : *this;
}

std::string Screen::text() const {
  std::string all;
  for (const ScreenLine& line : lines) {
    std::string text;
    for (const Piece& piece : line.pieces) text += piece.text;
    text.erase(text.find_last_not_of(' ') + 1);
    all += text + "\n";
  }
  return all;
}

}  // namespace strata::analyzer

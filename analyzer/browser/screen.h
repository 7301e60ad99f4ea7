#pragma once
/// \file What a terminal shows, as values: lines of pieces of text, each in a style. Whoever has a terminal draws them.

#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::analyzer {

enum class Style { Plain, Title, Quiet, Added, Modified, Removed, Bad, Chosen };

struct Piece {
  std::string text;  ///< printable UTF-8
  Style style = Style::Plain;
};

/// A line that ends where the terminal does.
class ScreenLine {
public:
  explicit ScreenLine(size_t columns) : left_(columns) {}
  /// As much as fits.
  ScreenLine& add(llvm::StringRef text, Style style = Style::Plain);
  /// Blanks up to this column of the line, counted from 0.
  ScreenLine& fillTo(size_t column, Style style = Style::Plain);
  size_t used() const { return used_; }
  std::vector<Piece> pieces;

private:
  size_t left_, used_ = 0;
};

struct Screen {
  std::vector<ScreenLine> lines;
  std::string text() const;  ///< without styles, for people who test
};

/// Keys that mean something to a browser; everything else that is typed is Text. The large Enter key of a terminal is
/// Control "m", Enter that of the number block.
struct Key {
  enum class Kind { Text, Up, Down, Left, Right, PageUp, PageDown, Home, End, Enter, Tab, Escape, Backspace, Control };
  Kind kind = Kind::Text;
  std::string text;  ///< of Text what was typed; of Control one lower-case letter, or " "
};

}  // namespace strata::analyzer

#pragma once
/// \file The text of a Dockerfile and places in it. Every node of the syntax tree and every typed instruction says
/// where it stands, so that any later floor can point at it.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::builder {

/// A place: line from 1, column from 0 in bytes of the physical line.
struct SourcePosition {
  uint32_t line = 0;
  uint32_t column = 0;
  auto operator<=>(const SourcePosition&) const = default;
};

/// From `begin` up to, not including, `end`. Covers whole physical lines for an instruction (here-documents included),
/// the word alone for a word. line 0: not from a file (made by the program, or from an image's ONBUILD).
struct SourceRange {
  SourcePosition begin;
  SourcePosition end;
  uint32_t firstLine() const { return begin.line; }
  uint32_t lastLine() const { return end.column == 0 && end.line > begin.line ? end.line - 1 : end.line; }
  bool known() const { return begin.line != 0; }
};

/// A file's name as the user knows it, and its bytes. Immutable; ranges refer to it.
class SourceText {
public:
  SourceText(std::string name, std::string text);
  llvm::StringRef name() const { return name_; }
  llvm::StringRef text() const { return text_; }
  size_t lineCount() const { return lineStarts_.size(); }
  /// One physical line without its line end; empty out of range.
  llvm::StringRef line(uint32_t number) const;

  /// The excerpt of spec ERR-2 and ERR-3: "name:LINE", a rule of 20 hyphens, numbered lines with ">>>" before those in
  /// range, the rule again; each line ended by a newline. With a range inside one line, a line of carets below it.
  std::string excerpt(const SourceRange& range) const;

private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> lineStarts_;
};

}  // namespace strata::builder

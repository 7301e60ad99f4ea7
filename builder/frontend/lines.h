#pragma once
/// \file Physical lines -> logical lines: comments, directives, continuation. Source: spec LEX-1 to LEX-13, DIR.

#include "builder/frontend/ast.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// One instruction's joined line, and where each piece of it stands.
struct LogicalLine {
  struct Piece {
    uint32_t offset = 0;  ///< in `text`
    SourcePosition at;
  };
  std::string text;
  std::vector<Piece> pieces;
  std::vector<llvm::StringRef> comments;  ///< doc comments above (LEX-22)
  uint32_t firstLine = 0;
  bool emptyContinuation = false;

  /// The place of a byte of `text`.
  SourcePosition positionOf(size_t offset) const;
  SourceRange rangeOf(size_t begin, size_t end) const;
};

/// Goes through a file line by line.
class LineReader {
public:
  explicit LineReader(const SourceText& source);

  /// Reads the directives at the top; the escape character follows. Faults: Invalid (DIR-3, DIR-5).
  llvm::Expected<std::vector<Directive>> readDirectives();
  /// The next instruction's line; nothing at the end. Faults: Invalid (LEX-4).
  llvm::Expected<std::optional<LogicalLine>> next();
  /// The next physical line as it stands, its line end included: for here-documents. Nothing at the end.
  llvm::Expected<std::optional<llvm::StringRef>> nextRaw();

  char escape() const { return escape_; }
  uint32_t linesRead() const { return line_; }

private:
  llvm::Error checkLength(uint32_t number) const;
  llvm::StringRef lineWithEnd();

  const SourceText& source_;
  llvm::StringRef rest_;
  uint32_t line_ = 0;  ///< number of the line read last
  char escape_ = '\\';
};

}  // namespace strata::builder

#pragma once
/// \file Physical lines -> logical lines: comments and continuation. Source: spec LEX-1 to LEX-13.

#include "builder/frontend/source_text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Allocator.h>
#include <llvm/Support/Error.h>

#include <optional>

namespace strata::builder {

/// One instruction's joined line, and where each piece of it stands.
struct LogicalLine {
  struct Piece {
    uint32_t offset = 0;  ///< in `text`
    SourcePosition at;
  };
  llvm::StringRef text;  ///< of the source where it is one physical line, otherwise in the arena
  llvm::SmallVector<Piece, 1> pieces;
  llvm::SmallVector<llvm::StringRef, 2> comments;  ///< doc comments above (LEX-22)
  uint32_t firstLine = 0;
  bool emptyContinuation = false;

  /// The place of a byte of `text`.
  SourcePosition positionOf(size_t offset) const;
  /// The place of a piece of `text`.
  SourceRange rangeOf(llvm::StringRef part) const;
};

/// Goes through a file line by line.
class LineReader {
public:
  LineReader(const SourceText& source, char escape, llvm::BumpPtrAllocator& arena);

  /// Goes over the directives' lines (readDirectives), which are no doc comments (DIR-4). Faults: Invalid (LEX-4).
  llvm::Error skip(uint32_t lines);

  /// The next instruction's line; nothing at the end. Faults: Invalid (LEX-4).
  llvm::Expected<std::optional<LogicalLine>> next();
  /// The next physical line as it stands, its line end included: for here-documents. Nothing at the end. Faults: as
  /// next.
  llvm::Expected<std::optional<llvm::StringRef>> nextRaw();

  uint32_t linesRead() const { return line_; }

private:
  llvm::Expected<llvm::StringRef> lineWithEnd();

  const SourceText& source_;
  llvm::BumpPtrAllocator& arena_;
  llvm::StringRef rest_;
  uint32_t line_ = 0;  ///< number of the line read last
  char escape_;
};

}  // namespace strata::builder

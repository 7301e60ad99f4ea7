#pragma once
/// \file A text file as lines that can be edited, everything else of it kept to the byte: line ends, a mark at its
/// beginning, a last line without an end.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// Lines `first` to `last`, from 1, give way to others; with last = first - 1 these come in before line `first`.
struct LineEdit {
  uint32_t first = 0, last = 0;
  std::vector<std::string> lines;  ///< without line ends
};

class FileLines {
public:
  explicit FileLines(std::string text);
  FileLines(const FileLines&) = delete;
  FileLines& operator=(const FileLines&) = delete;
  const std::string& text() const { return text_; }
  uint32_t count() const { return uint32_t(lines_.size()); }
  llvm::StringRef line(uint32_t number) const;                          ///< without its end; empty out of range
  std::vector<std::string> lines(uint32_t first, uint32_t last) const;  ///< without their ends
  /// Blank, or a comment of a Dockerfile.
  bool isIdle(uint32_t number) const;
  bool areIdle(uint32_t first, uint32_t last) const;

  /// The text with these edits made; nothing if two of them touch the same lines or places. New lines end as the first
  /// line of the file does.
  std::optional<std::string> edited(llvm::ArrayRef<LineEdit> edits) const;

private:
  std::string text_;
  std::vector<llvm::StringRef> lines_;  ///< with their ends; pieces of text_
  bool dosEnds_ = false;
};

}  // namespace strata::analyzer

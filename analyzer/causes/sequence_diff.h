#pragma once
/// \file The fewest removals and additions that make one sequence of texts of another: words, lines.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <cstddef>
#include <string>
#include <vector>

namespace strata::analyzer {

/// A run of elements. Of `before` [begin, end) for Same and Removed, of `after` for Added.
struct SequenceEdit {
  enum class Kind { Same, Removed, Added };
  Kind kind = Kind::Same;
  size_t begin = 0, end = 0;
};
/// In order, no two neighbours of one kind; what was removed stands before what was added in its place. Sequences whose
/// middle is very long (4 million pairs) are not compared there: all of it is removed and added.
std::vector<SequenceEdit> diffSequences(llvm::ArrayRef<llvm::StringRef> before, llvm::ArrayRef<llvm::StringRef> after);

/// A run of words with one blank between two.
struct WordEdit {
  SequenceEdit::Kind kind = SequenceEdit::Kind::Same;
  std::string text;
};
/// Word by word; empty where the texts differ in white space at most.
std::vector<WordEdit> diffWords(llvm::StringRef before, llvm::StringRef after);
/// "npm [-ci-]{+install+} --quiet": in the notation of git's --word-diff. Words in control characters' stead are
/// printable().
std::string wordDiffText(llvm::StringRef before, llvm::StringRef after);
/// The same with what stayed shortened to a few words around each change.
std::string shortWordDiffText(llvm::StringRef before, llvm::StringRef after);

/// A unified diff with three lines around each change, headed by "--- beforeName" and "+++ afterName"; empty where the
/// texts are the same.
std::string unifiedDiff(llvm::StringRef beforeName, llvm::StringRef before, llvm::StringRef afterName,
                        llvm::StringRef after);

}  // namespace strata::analyzer

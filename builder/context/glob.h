#pragma once
/// \file Two pattern languages: COPY's wildcards (Go's filepath.Match, spec COPY-9) and .dockerignore's (spec IGN).

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// Whether a source needs matching at all.
bool hasWildcard(llvm::StringRef pattern);
/// The pattern that matches this path alone: what would be a wildcard becomes a class of one character. The root is
/// "/".
std::string literalPattern(llvm::StringRef path);
/// One pattern against a whole relative path; neither '*' nor '?' nor a class ever matches '/'. Faults: Invalid for a
/// bad pattern.
llvm::Expected<bool> matchWildcard(llvm::StringRef pattern, llvm::StringRef path);

/// A .dockerignore or a list of --exclude patterns: last match wins, `!` takes back. Compiled once; any thread.
class IgnoreMatcher {
public:
  IgnoreMatcher();
  ~IgnoreMatcher();
  IgnoreMatcher(IgnoreMatcher&&) noexcept;
  IgnoreMatcher& operator=(IgnoreMatcher&&) noexcept;

  /// Reads the file's text (BOM, comments, blank lines: IGN-4). Faults: Invalid naming file, line and pattern.
  static llvm::Expected<IgnoreMatcher> parse(llvm::StringRef text, llvm::StringRef shownName = ".dockerignore");
  static llvm::Expected<IgnoreMatcher> fromPatterns(llvm::ArrayRef<std::string> patterns);

  bool empty() const;
  bool hasNegations() const;
  const std::vector<std::string>& patterns() const;
  /// Whether this path (relative, clean) is excluded, its parents considered (IGN-10).
  bool excludes(llvm::StringRef path) const;
  /// Whether an excluded directory must still be walked because a `!` pattern may match below it.
  bool mayReincludeBelow(llvm::StringRef directory) const;
  /// What excludes this path: ".dockerignore:3 '*.log'"; "" if nothing does.
  std::string reasonFor(llvm::StringRef path) const;

private:
  friend class IgnoreCursor;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::builder

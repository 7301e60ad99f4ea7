#pragma once
/// \file Patterns of `${v#p}`, `${v%p}`, `${v/p/r}`: `*` any run (also '/'), `?` one character, nothing else. A pattern
/// without a line end of its own keeps to one line. Source: spec VAR-19 to VAR-25.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace strata::builder {

/// No use of it, however hostile the pattern, takes more steps than a 64th of the pattern's length times the value's.
class ShellPattern {
public:
  /// Faults: Invalid for a backslash before anything but `* ? \ } /`, and for more than 64 KiB.
  static llvm::Expected<ShellPattern> parse(llvm::StringRef text);

  std::string withoutPrefix(llvm::StringRef value, bool longest) const;
  std::string withoutSuffix(llvm::StringRef value, bool longest) const;
  /// The first (leftmost, longest) match or all of them. Faults: Invalid if more than `limit` bytes come out.
  llvm::Expected<std::string> replaced(llvm::StringRef value, llvm::StringRef by, bool all,
                                       size_t limit = 16 << 20) const;

private:
  using Segment = std::vector<uint32_t>;   ///< characters; kAny for '?'
  using Span = std::pair<size_t, size_t>;  ///< begin and end in bytes
  bool empty() const { return segments_.size() == 1 && segments_[0].empty(); }
  std::vector<Span> find(llvm::StringRef value, bool all) const;
  std::vector<Span> findInPart(llvm::StringRef part, bool all) const;

  bool hasLineEnd_ = false;
  std::vector<Segment> segments_;  ///< what stands between the '*'; the first and the last may be empty
};

}  // namespace strata::builder

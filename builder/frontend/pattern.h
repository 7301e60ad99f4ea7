#pragma once
/// \file Patterns of `${v#p}`, `${v%p}`, `${v/p/r}`: `*` any run (also '/'), `?` one character, nothing else.
/// Source: spec VAR-19 to VAR-25.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace strata::builder {

/// No use of it, however hostile the pattern, takes more steps than the pattern's length times the value's.
class ShellPattern {
public:
  /// Faults: Invalid for a backslash before anything but `* ? \ } /`.
  static llvm::Expected<ShellPattern> parse(llvm::StringRef text);

  std::string withoutPrefix(llvm::StringRef value, bool longest) const;
  std::string withoutSuffix(llvm::StringRef value, bool longest) const;
  /// The first (leftmost, longest) match or all of them. Faults: Invalid if more than `limit` bytes come out.
  llvm::Expected<std::string> replaced(llvm::StringRef value, llvm::StringRef by, bool all,
                                       size_t limit = 16 << 20) const;

private:
  struct Token {
    enum class Kind { Character, One, Many } kind;
    uint32_t character = 0;
  };
  class Walk;
  using Span = std::pair<size_t, size_t>;  ///< begin and end in bytes
  std::vector<Span> find(llvm::StringRef value, bool all) const;
  std::vector<Token> tokens_;
};

}  // namespace strata::builder

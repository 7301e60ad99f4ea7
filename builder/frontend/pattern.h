#pragma once
/// \file Patterns of `${v#p}`, `${v%p}`, `${v/p/r}`: `*` any run (also '/'), `?` one character, nothing else.
/// Source: spec VAR-19 to VAR-25.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::builder {

class ShellPattern {
public:
  /// Faults: Invalid for a backslash before anything but `* ? \ } /`.
  static llvm::Expected<ShellPattern> parse(llvm::StringRef text);

  std::string withoutPrefix(llvm::StringRef value, bool longest) const;
  std::string withoutSuffix(llvm::StringRef value, bool longest) const;
  /// The first (leftmost, longest) match or all of them.
  std::string replaced(llvm::StringRef value, llvm::StringRef by, bool all) const;

private:
  enum class Kind { Byte, One, Many };
  struct Token {
    Kind kind;
    char byte = 0;
  };
  /// Every length at which the pattern matches a prefix of `text`, ascending.
  std::vector<size_t> matches(llvm::StringRef text) const;
  std::vector<Token> tokens_;
};

}  // namespace strata::builder

#pragma once
/// \file One component of a pattern, compiled: Go's filepath.Match within a name, where '/' never comes. Most patterns
/// are a name, "*", "*.x" or "x*"; those are compared without any search.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace strata::builder {

/// '*', '?', '[a-z]', '[^x]' and '\x', by Unicode code points as Go has them; an invalid byte counts as one.
class GlobPattern {
public:
  /// Faults: Invalid for a class without end or content, or a backslash at the end.
  static llvm::Expected<GlobPattern> compile(llvm::StringRef text);
  /// The same, but "**" matches any number of components ("a**b"), and "**/" none or some whole ones: .dockerignore's.
  static llvm::Expected<GlobPattern> compileAcross(llvm::StringRef text);

  bool matches(llvm::StringRef name) const;
  /// The one text that this matches, if it is no more than that.
  const std::string* literal() const { return shape_ == Shape::Literal ? &text_ : nullptr; }

private:
  enum class Shape { Literal, Everything, Prefix, Suffix, General };
  struct Token {
    enum class Kind { Character, AnyCharacter, Class, AnyName, AnyPath, AnyDirectories } kind = Kind::Character;
    uint32_t character = 0;
    bool negated = false;
    std::vector<std::pair<uint32_t, uint32_t>> ranges;
    bool accepts(uint32_t other) const;
  };
  static llvm::Expected<GlobPattern> compile(llvm::StringRef text, bool across);
  static llvm::Expected<Token> readClass(llvm::StringRef& rest);
  void chooseShape();
  bool matchesGeneral(llvm::StringRef name) const;

  Shape shape_ = Shape::Literal;
  std::string text_;  ///< of a Literal, Prefix or Suffix
  std::vector<Token> tokens_;
};

}  // namespace strata::builder

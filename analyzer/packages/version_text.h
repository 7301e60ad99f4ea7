#pragma once
/// \file Pieces that all versions are made of.

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringRef.h>

#include <compare>

namespace strata::analyzer {

inline llvm::StringRef takeDigits(llvm::StringRef& text) {
  llvm::StringRef digits = text.take_while(llvm::isDigit);
  text = text.drop_front(digits.size());
  return digits;
}
inline llvm::StringRef takeLetters(llvm::StringRef& text) {
  llvm::StringRef letters = text.take_while(llvm::isAlpha);
  text = text.drop_front(letters.size());
  return letters;
}
/// Of digits of any number; none are zero.
inline std::strong_ordering compareNumbers(llvm::StringRef a, llvm::StringRef b) {
  a = a.ltrim('0');
  b = b.ltrim('0');
  return a.size() != b.size() ? a.size() <=> b.size() : a.compare(b) <=> 0;
}

}  // namespace strata::analyzer

#pragma once
/// \file Texts made of pieces in one allocation: a plan of thousands of instructions is full of them.

#include <llvm/ADT/StringRef.h>

#include <initializer_list>
#include <string>

namespace strata::builder {

/// The parts behind each other.
inline std::string joined(std::initializer_list<llvm::StringRef> parts) {
  size_t size = 0;
  for (llvm::StringRef part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (llvm::StringRef part : parts) text += part;
  return text;
}

}  // namespace strata::builder

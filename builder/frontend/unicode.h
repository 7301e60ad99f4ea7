#pragma once
/// \file Characters of UTF-8 text: which are letters, digits, white space, and which can be shown. Bytes that are no
/// UTF-8 are characters of their own, one byte each, and belong to none of these.

#include <llvm/ADT/StringRef.h>

#include <cstdint>

namespace strata::builder {

struct Character {
  uint32_t point = 0;  ///< kNoCodePoint + byte where the text is no UTF-8
  uint32_t width = 0;  ///< bytes, 1 to 4
  bool valid() const { return point <= 0x10ffff; }
};
constexpr uint32_t kNoCodePoint = 0x80000000;

/// The first character of a text that is not empty.
Character firstCharacter(llvm::StringRef text);

bool isLetter(uint32_t point);  ///< any script's
bool isDigit(uint32_t point);   ///< any script's decimal digits
bool isShown(uint32_t point);   ///< no control, format or unassigned character; of spaces only U+0020
/// Unicode's White_Space property.
bool isSpace(uint32_t point);

/// Bytes of the white space that begins the text; 0 if none does.
inline size_t spaceWidth(llvm::StringRef text) {
  auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x80) return byte == ' ' || (byte >= '\t' && byte <= '\r') ? 1 : 0;
  Character character = firstCharacter(text);
  return isSpace(character.point) ? character.width : 0;
}
llvm::StringRef trimSpaceLeft(llvm::StringRef text);
llvm::StringRef trimSpaceRight(llvm::StringRef text);
inline llvm::StringRef trimSpace(llvm::StringRef text) { return trimSpaceRight(trimSpaceLeft(text)); }

/// Appends the character in UTF-8.
template <typename String>
void appendUtf8(String& text, uint32_t point) {
  auto put = [&](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) return put(0xc0 | point >> 6), put(0x80 | (point & 0x3f));
  if (point < 0x10000)
    put(0xe0 | point >> 12);
  else
    put(0xf0 | point >> 18), put(0x80 | (point >> 12 & 0x3f));
  put(0x80 | (point >> 6 & 0x3f)), put(0x80 | (point & 0x3f));
}

}  // namespace strata::builder

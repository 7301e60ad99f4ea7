#include "builder/frontend/unicode.h"

#include "builder/frontend/unicode_tables.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/ConvertUTF.h>

namespace strata::builder {

namespace {
template <size_t N>
bool isIn(const CodePointRange (&table)[N], uint32_t point) {
  const auto* range = llvm::partition_point(table, [point](const CodePointRange& one) { return one.last < point; });
  return range != std::end(table) && range->first <= point;
}
}  // namespace

Character firstCharacter(llvm::StringRef text) {
  auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x80) return {byte, 1};
  Character none{kNoCodePoint + byte, 1};
  unsigned width = llvm::getNumBytesForUTF8(byte);
  const auto* begin = reinterpret_cast<const llvm::UTF8*>(text.data());
  if (width > text.size() || width > 4 || !llvm::isLegalUTF8Sequence(begin, begin + width)) return none;
  uint32_t point = byte & (0xffu >> (width + 1));
  for (unsigned i = 1; i < width; ++i) point = point << 6 | (begin[i] & 0x3f);
  return {point, width};
}

bool isLetter(uint32_t point) {
  if (point < 0x80) return (point | 0x20) >= 'a' && (point | 0x20) <= 'z';
  return isIn(kLetters, point);
}

bool isDigit(uint32_t point) {
  if (point < 0x80) return point >= '0' && point <= '9';
  return isIn(kDigits, point);
}

bool isShown(uint32_t point) {
  if (point < 0x80) return point >= 0x20 && point != 0x7f;
  return isIn(kShown, point);
}

bool isSpace(uint32_t point) {
  if (point < 0x80) return point == ' ' || (point >= '\t' && point <= '\r');
  return point == 0x85 || point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
         point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
}

llvm::StringRef trimSpaceLeft(llvm::StringRef text) {
  while (!text.empty()) {
    size_t width = spaceWidth(text);
    if (!width) break;
    text = text.drop_front(width);
  }
  return text;
}

llvm::StringRef trimSpaceRight(llvm::StringRef text) {
  while (!text.empty()) {
    size_t begin = text.size() - 1;  // of the last character: at most three more bytes of it stand before
    while (begin > 0 && text.size() - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
    size_t width = spaceWidth(text.drop_front(begin));
    if (!width || begin + width != text.size()) break;
    text = text.take_front(begin);
  }
  return text;
}

}  // namespace strata::builder

#include "support/byte_size.h"

#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>

namespace strata {

llvm::Expected<uint64_t> parseByteSize(llvm::StringRef text) {
  auto wrong = [&] {
    return fault(FaultKind::Invalid, "invalid size: '" + text + "'; write a number and b, k, m or g");
  };
  llvm::StringRef number = text.take_while([](char c) { return llvm::isDigit(c) || c == '.'; });
  llvm::StringRef unit = text.drop_front(number.size());
  unit.consume_front(" ");
  auto [whole, fraction] = number.split('.');
  uint64_t integral = 0;
  if (whole.empty() || whole.getAsInteger(10, integral) || fraction.contains('.')) return wrong();

  unsigned shift = 0;
  if (size_t place = llvm::StringRef("kmgtp").find(unit.empty() ? '-' : llvm::toLower(unit[0]));
      place != llvm::StringRef::npos) {
    shift = 10 * unsigned(place + 1);
    unit = unit.drop_front();
    unit.consume_front_insensitive("i");
  }
  unit.consume_front_insensitive("b");
  if (!unit.empty()) return wrong();
  if (integral > (uint64_t(INT64_MAX) >> shift)) return wrong();

  long double part = 0, scale = 1;
  for (char digit : fraction) part += (digit - '0') * (scale /= 10);
  return (integral << shift) + uint64_t(part * static_cast<long double>(uint64_t(1) << shift));
}

}  // namespace strata

#include "builder/frontend/go_duration.h"

#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>

#include <optional>

namespace strata::builder {

namespace {
using Wide = unsigned __int128;
constexpr uint64_t kMost = uint64_t(1) << 63;  // only a negative duration is as long as this

uint64_t unitOf(llvm::StringRef name) {
  return llvm::StringSwitch<uint64_t>(name)
      .Case("ns", 1)
      .Cases("us", "\xc2\xb5s", "\xce\xbcs", 1'000)
      .Case("ms", 1'000'000)
      .Case("s", 1'000'000'000)
      .Case("m", 60'000'000'000)
      .Case("h", 3'600'000'000'000)
      .Default(0);
}

llvm::StringRef takeDigits(llvm::StringRef& text) {
  llvm::StringRef digits = text.take_while([](char c) { return llvm::isDigit(c); });
  text = text.drop_front(digits.size());
  return digits;
}

/// One number and its unit off the front, in nanoseconds.
std::optional<uint64_t> takeTerm(llvm::StringRef& text) {
  llvm::StringRef whole = takeDigits(text), fraction;
  if (text.consume_front(".")) fraction = takeDigits(text);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  llvm::StringRef name = text.take_until([](char c) { return llvm::isDigit(c) || c == '.'; });
  text = text.drop_front(name.size());
  uint64_t unit = unitOf(name), count = 0;
  if (!unit || (!whole.empty() && whole.getAsInteger(10, count))) return std::nullopt;
  Wide nanoseconds = Wide(count) * unit, scale = 1, part = 0;
  for (char digit : fraction.take_front(18)) {  // an hour has 13 digits of nanoseconds
    part = part * 10 + unsigned(digit - '0');
    scale *= 10;
  }
  nanoseconds += part * unit / scale;
  if (nanoseconds > kMost) return std::nullopt;
  return uint64_t(nanoseconds);
}
}  // namespace

llvm::Expected<int64_t> parseGoDuration(llvm::StringRef text) {
  auto wrong = [&] {
    return fault(FaultKind::Invalid, "invalid duration \"" + text + "\" (for example 30s or 1m30s)");
  };
  llvm::StringRef rest = text;
  bool negative = rest.consume_front("-");
  if (!negative) rest.consume_front("+");
  if (rest == "0") return 0;
  if (rest.empty()) return wrong();
  uint64_t total = 0;
  while (!rest.empty()) {
    std::optional<uint64_t> term = takeTerm(rest);
    if (!term || *term > kMost - total) return wrong();
    total += *term;
  }
  if (!negative && total == kMost) return wrong();
  return int64_t(negative ? 0 - total : total);
}

}  // namespace strata::builder

#include "support/duration_text.h"

#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata {

std::string durationText(int64_t nanoseconds) { return humanDuration(std::chrono::nanoseconds(nanoseconds)); }

std::string agoText(int64_t then) {
  constexpr int64_t kSecond = 1'000'000'000;
  std::string text = humanAge(then / kSecond, nowNanoseconds() / kSecond);
  text[0] = llvm::toLower(text[0]);
  return text;
}

}  // namespace strata

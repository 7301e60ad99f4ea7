#include "analyzer/bench/seconds_text.h"

#include "support/text.h"

#include <llvm/Support/FormatVariadic.h>

#include <chrono>

namespace strata::analyzer {

namespace {
/// Of a value below 1000.
std::string threeDigits(double value) {
  int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return llvm::formatv(decimals == 2 ? "{0:f2}" : decimals == 1 ? "{0:f1}" : "{0:f0}", value);
}
}  // namespace

std::string secondsText(double seconds) {
  if (seconds < 0.9995) return threeDigits(seconds * 1000) + " ms";
  if (seconds < 99.95) return threeDigits(seconds) + " s";
  return humanDuration(std::chrono::nanoseconds(int64_t(seconds * 1e9)));
}

}  // namespace strata::analyzer

#include "cli/moment.h"

#include "builder/frontend/go_duration.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {}  // namespace

llvm::Expected<std::optional<int64_t>> momentFrom(llvm::StringRef text, llvm::StringRef option) {
  if (text.empty()) return std::nullopt;
  if (auto ago = builder::parseGoDuration(text))
    return nowNanoseconds() - *ago;
  else
    llvm::consumeError(ago.takeError());
  double seconds = 0;
  if (!text.getAsDouble(seconds) && seconds >= 0 && seconds < double(INT64_MAX / kSecond))
    return int64_t(seconds * double(kSecond));
  for (llvm::StringRef rest : {"", "Z", ":00Z", "T00:00:00Z"}) {
    auto time = parseRfc3339((text + rest).str());
    if (time) return *time;
    llvm::consumeError(time.takeError());
  }
  return fault(FaultKind::Invalid, "invalid value for \"" + option + "\": " + printable(text) +
                                       " is neither a duration (10m) nor a time (2026-01-02T03:04:05Z)");
}

}  // namespace strata::cli

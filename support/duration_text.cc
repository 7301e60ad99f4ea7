#include "support/duration_text.h"

#include "support/text.h"

namespace strata {

std::string durationText(int64_t nanoseconds) { return humanDuration(std::chrono::nanoseconds(nanoseconds)); }

}  // namespace strata

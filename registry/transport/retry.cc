#include "registry/transport/retry.h"

#include "support/fault.h"
#include "support/text.h"

#include <poll.h>
#include <algorithm>
#include <random>

namespace strata::registry {

namespace {
using std::chrono::milliseconds;

/// Between half of the pause and all of it.
milliseconds jittered(milliseconds pause) {
  thread_local std::minstd_rand random(std::random_device{}());
  return milliseconds(std::uniform_int_distribution<int64_t>((pause.count() + 1) / 2, pause.count())(random));
}
}  // namespace

bool mayPass(int status) { return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505); }

std::optional<milliseconds> retryAfter(const HttpResponse& response, int64_t nowSeconds) {
  auto value = response.header("retry-after");
  if (!value) return std::nullopt;
  constexpr int64_t kYear = 366 * 86'400;
  int64_t seconds = 0;
  if (value->getAsInteger(10, seconds)) {
    auto date = parseHttpDate(*value);
    if (!date) return std::nullopt;
    seconds = *date - nowSeconds;
  }
  return milliseconds(std::clamp<int64_t>(seconds, 0, kYear) * 1000);
}

llvm::Error Attempts::again(llvm::Error failure, std::optional<milliseconds> asked, unsigned most) {
  if (kindOf(failure) != FaultKind::Unavailable) return failure;
  milliseconds doubled = std::min(budget_.longest, budget_.pause * (int64_t(1) << std::min(made_ - 1, 20u)));
  milliseconds pause = std::max(jittered(doubled), asked.value_or(milliseconds(0)));
  if (made_ >= std::min(budget_.attempts, most) || pause > budget_.longest || waited_ + pause > budget_.total) {
    std::string tried = made_ == 1 ? "" : " (tried " + std::to_string(made_) + " times)";
    if (asked && *asked > budget_.longest) tried += "; it asks to come back in " + humanDuration(*asked);
    return fault(FaultKind::Unavailable, messageOf(std::move(failure)) + tried);
  }
  std::string cause = messageOf(std::move(failure));
  if (budget_.onPause && pause >= std::chrono::seconds(1)) budget_.onPause(cause, pause);
  ++made_;
  waited_ += pause;
  pollfd wake{cancel_->fd(), POLLIN, 0};
  ::poll(&wake, 1, int(pause.count()));
  return cancel_->check();
}

void Attempts::progressed() {
  made_ = 1;
  waited_ = milliseconds(0);
}

}  // namespace strata::registry

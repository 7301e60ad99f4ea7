#include "builder/remote/patience.h"

#include <poll.h>
#include <algorithm>

namespace strata::builder {

namespace {
constexpr int64_t kLongestNap = 250;
}

int64_t Patience::nowMilliseconds() {
  auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

Patience::Patience(const CancelToken& parent) : parent_(parent), lastMove_(nowMilliseconds()) {
  watcher_ = std::thread([this] { watch(); });
}

Patience::~Patience() {
  stop_.cancel();
  watcher_.join();
}

void Patience::limit(std::chrono::milliseconds withoutProgress, std::optional<std::chrono::milliseconds> altogether) {
  moved();
  idle_ = withoutProgress.count();
  if (altogether) end_ = nowMilliseconds() + altogether->count();
}

void Patience::watch() {
  for (;;) {
    int64_t left = kLongestNap, now = nowMilliseconds();
    if (idle_ && waiting_) left = std::min(left, lastMove_ + idle_ - now);
    if (end_) left = std::min(left, end_ - now);
    if (left <= 0 && !token_.cancelled()) {
      ranOut_ = true;
      token_.cancel();
    }
    bool limited = ((idle_ && waiting_) || end_) && !token_.cancelled();
    pollfd waits[] = {{stop_.fd(), POLLIN, 0}, {parent_.fd(), POLLIN, 0}};
    bool watchParent = !token_.cancelled();
    ::poll(waits, watchParent ? 2 : 1, limited ? int(std::max<int64_t>(left, 1)) : int(kLongestNap));
    if (stop_.cancelled()) return;
    if (parent_.cancelled()) token_.cancel();
  }
}

}  // namespace strata::builder

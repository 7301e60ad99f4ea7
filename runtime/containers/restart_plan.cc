#include "runtime/containers/restart_plan.h"

#include <algorithm>

namespace strata::runtime {

namespace {
using namespace std::chrono_literals;
constexpr std::chrono::milliseconds kFirst = 100ms, kLongest = 60s;
constexpr auto kSteady = 10s;
}  // namespace

bool RestartPlan::wants(int64_t exitCode, bool wasStopped, int64_t restarts) const {
  if (wasStopped) return false;
  if (policy_.name == "always" || policy_.name == "unless-stopped") return true;
  if (policy_.name != "on-failure" || exitCode == 0) return false;
  return policy_.maximumRetryCount == 0 || restarts < policy_.maximumRetryCount;
}

std::chrono::milliseconds RestartPlan::delayAfter(std::chrono::nanoseconds run) {
  delay_ = run >= kSteady || delay_ == 0ms ? kFirst : std::min(delay_ * 2, kLongest);
  return delay_;
}

}  // namespace strata::runtime

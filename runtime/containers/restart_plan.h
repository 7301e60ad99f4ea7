#pragma once
/// \file When a container that has ended is started again, as docker does it.

#include "runtime/containers/container.h"

#include <chrono>

namespace strata::runtime {

class RestartPlan {
public:
  explicit RestartPlan(const RestartPolicy& policy) : policy_(policy) {}
  void setPolicy(const RestartPolicy& policy) { policy_ = policy; }

  /// Whether it is to be started again. `wasStopped`: by a command, which is the last word on it.
  bool wants(int64_t exitCode, bool wasStopped, int64_t restarts) const;
  /// How long to wait before: 100 ms, doubled each time up to a minute; again 100 ms after a run of ten seconds.
  std::chrono::milliseconds delayAfter(std::chrono::nanoseconds run);

private:
  RestartPolicy policy_;
  std::chrono::milliseconds delay_{0};
};

}  // namespace strata::runtime

#pragma once
/// \file What is known of a container's health, as docker keeps it (State.Health), and docker's rules for what a check
/// changes. Source: docker's documentation, "Dockerfile reference", HEALTHCHECK.

#include "layerfs/image_config.h"

#include <llvm/ADT/StringRef.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace strata::runtime {

/// A health check with docker's defaults in the place of what was left open.
struct HealthPlan {
  std::vector<std::string> argv;  ///< empty: there is nothing to check
  std::chrono::nanoseconds interval{}, timeout{}, startPeriod{}, startInterval{};
  int64_t retries = 0;
};
/// `shell` is what a check in shell form runs with; empty: /bin/sh -c.
HealthPlan healthPlanOf(const layerfs::Healthcheck& check, const std::vector<std::string>& shell);

struct HealthProbe {
  int64_t start = 0, end = 0;  ///< nanoseconds since 1970
  int64_t exitCode = 0;        ///< 0: well; -1: it could not be run to its end
  std::string output;          ///< at most kMost bytes
  static constexpr size_t kMost = 4096;
};

class HealthRecord {
public:
  /// Goes on from what an earlier run left; its log is kept.
  explicit HealthRecord(llvm::StringRef json = {});

  /// A run begins.
  void begin();
  /// `started`: the run, nanoseconds since 1970. Whether the status is another one now.
  bool take(const HealthProbe& probe, const HealthPlan& plan, int64_t started);
  /// The run is over: docker calls that unhealthy.
  void end() { status_ = "unhealthy"; }

  /// How long to wait from the end of one check to the next.
  std::chrono::nanoseconds pauseAt(int64_t now, const HealthPlan& plan, int64_t started) const;
  const std::string& status() const { return status_; }  ///< starting, healthy, unhealthy
  std::string json() const;

private:
  bool inStartPeriod(int64_t time, const HealthPlan& plan, int64_t started) const;
  std::string status_ = "starting";
  int64_t failingStreak_ = 0;
  std::deque<HealthProbe> log_;  ///< the last five
};

}  // namespace strata::runtime

#pragma once
/// \file Health checks of a running container, on docker's schedule: one at a time, through the OCI runtime. For the
/// supervisor's one thread that polls; nothing blocks.

#include "runtime/containers/container.h"
#include "runtime/containers/container_directory.h"
#include "runtime/containers/exec_process.h"
#include "runtime/containers/health_record.h"
#include "support/unique_fd.h"

#include <poll.h>
#include <sys/types.h>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace strata::runtime {

class HealthMonitor {
public:
  using Clock = std::chrono::steady_clock;
  /// Hears State.Health as JSON whenever it changes, and the status that a check has changed; empty: none has.
  using Tell = std::function<void(const std::string& json, const std::string& changedTo)>;
  /// Both are borrowed; the container's state is read anew for each check.
  HealthMonitor(const Container& container, const ContainerDirectory& directory, Tell tell);

  /// Around each run. A container without a check is left alone.
  void begin();
  void end();

  /// When act() has something to do; nothing: not before an event.
  std::optional<Clock::time_point> nextAction() const;
  void act();
  /// What a check prints; a negative descriptor while none runs.
  pollfd poll() const { return {output_.get(), POLLIN, 0}; }
  void hear();  ///< after a poll that found something
  /// A child has ended; whether it was ours.
  bool noteExit(pid_t pid, int status);

private:
  void start();
  void finish(int64_t exitCode, std::string output);
  void giveUp();
  void killCheck();
  [[nodiscard]] llvm::Error spawn(ExecProcess process);

  const Container& container_;
  ContainerDirectory directory_;
  Tell tell_;
  HealthPlan plan_;
  HealthRecord record_;
  std::optional<Clock::time_point> next_;      ///< check
  std::optional<Clock::time_point> deadline_;  ///< of the one that runs
  std::optional<ExecProcess> process_;
  pid_t pid_ = 0;  ///< of the runtime that runs it
  UniqueFd output_;
  std::string said_;
  int64_t startedAt_ = 0;  ///< nanoseconds since 1970
};

}  // namespace strata::runtime

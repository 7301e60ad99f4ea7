#pragma once
/// \file A process that outlives strata by an instant, to end a container that the parent-death signal does not reach:
/// the kernel clears that signal when pid 1 executes a program with other credentials (sudo, for a USER that is not
/// root).

#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <sys/types.h>

namespace strata::runtime {

/// Kills the process behind the pidfd when this process dies; does nothing any more once destroyed.
class Watchdog {
public:
  /// Costs one fork. Faults: Io.
  static llvm::Expected<Watchdog> over(int pidfd);
  Watchdog(Watchdog&& other) noexcept;
  Watchdog& operator=(Watchdog&&) = delete;
  ~Watchdog();

private:
  Watchdog(pid_t pid, UniqueFd lifeline) : pid_(pid), lifeline_(std::move(lifeline)) {}
  pid_t pid_;
  UniqueFd lifeline_;
};

}  // namespace strata::runtime

#pragma once
/// \file Stopping: one flag that long work looks at, with a descriptor that becomes readable, for poll().

#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <atomic>

namespace strata {

/// Set once, by a signal handler or by a failed sibling; never unset. Async-signal-safe to set.
class CancelToken {
public:
  CancelToken();
  void cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  /// Success, or a Cancelled fault.
  [[nodiscard]] llvm::Error check() const;
  /// Readable once cancelled.
  int fd() const { return event_.get(); }

private:
  std::atomic<bool> cancelled_{false};
  UniqueFd event_;
};

}  // namespace strata

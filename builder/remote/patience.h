#pragma once
/// \file How long a build waits for others: a token that is cancelled when the build is, when nothing has moved for a
/// while, or when all the time is up.

#include "support/cancel.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

namespace strata::builder {

/// Any thread.
class Patience {
public:
  /// Borrows `parent`. Nothing runs out before limit().
  explicit Patience(const CancelToken& parent);
  ~Patience();

  const CancelToken& token() const { return token_; }
  /// While somebody waits (below): at most this long without progress; from now on: this long altogether.
  void limit(std::chrono::milliseconds withoutProgress, std::optional<std::chrono::milliseconds> altogether = {});
  void moved() { lastMove_ = nowMilliseconds(); }
  /// Somebody waits as long as this lives.
  class Waiting {
  public:
    explicit Waiting(Patience& patience) : patience_(patience) {
      patience_.moved();
      ++patience_.waiting_;
    }
    Waiting(const Waiting&) = delete;
    ~Waiting() { --patience_.waiting_; }

  private:
    Patience& patience_;
  };
  /// Whether time, and not the user, ended it.
  bool ranOut() const { return ranOut_; }
  void giveUp() { token_.cancel(); }

private:
  static int64_t nowMilliseconds();
  void watch();

  const CancelToken& parent_;
  CancelToken token_, stop_;
  std::atomic<int64_t> lastMove_;
  std::atomic<int> waiting_{0};
  std::atomic<int64_t> idle_{0}, end_{0};  ///< milliseconds of the steady clock; 0: no limit
  std::atomic<bool> ranOut_{false};
  std::thread watcher_;
};

}  // namespace strata::builder

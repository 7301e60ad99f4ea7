#pragma once
/// \file How long to go on against a server that is busy or a connection that breaks. Source: RFC 9110, 10.2.3
/// (Retry-After).

#include "support/cancel.h"
#include "support/http.h"

#include <llvm/Support/Error.h>

#include <chrono>
#include <climits>
#include <functional>
#include <optional>
#include <string>

namespace strata::registry {

struct RetryBudget {
  unsigned attempts = 10;                     ///< in a row without progress: with these pauses about a minute
  std::chrono::milliseconds pause{250};       ///< before the second attempt; doubled from then on
  std::chrono::milliseconds longest{20'000};  ///< of one pause; a server that asks for more is given up
  std::chrono::milliseconds total{300'000};   ///< of all pauses since the last progress
  /// Hears why somebody is kept waiting, of every pause of a second and more. Any thread. May be empty.
  std::function<void(const std::string& cause, std::chrono::milliseconds pause)> onPause = {};
};

/// Statuses that another attempt may mend: 408, 429, 500, 502, 503, 504 and other 5xx but 501 and 505.
bool mayPass(int status);
/// The seconds or the date of Retry-After, as a pause from now; nothing where there is none.
std::optional<std::chrono::milliseconds> retryAfter(const HttpResponse& response, int64_t nowSeconds);

/// The attempts at one piece of work, by one thread.
class Attempts {
public:
  Attempts(const RetryBudget& budget, const CancelToken& cancel) : budget_(budget), cancel_(&cancel) {}

  /// Waits (with jitter, so that many machines do not come back at once) and returns success if another attempt is
  /// worth it: `failure` was Unavailable and the budget has something left. Else the failure, saying how often it was
  /// tried; or Cancelled. `most`: no more attempts than these, whatever the budget has.
  [[nodiscard]] llvm::Error again(llvm::Error failure, std::optional<std::chrono::milliseconds> asked = {},
                                  unsigned most = UINT_MAX);
  /// The work got on: the budget is whole again.
  void progressed();

private:
  RetryBudget budget_;
  const CancelToken* cancel_;
  unsigned made_ = 1;
  std::chrono::milliseconds waited_{0};
};

}  // namespace strata::registry

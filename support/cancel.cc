#include "support/cancel.h"

#include "support/fault.h"

#include <sys/eventfd.h>

namespace strata {

CancelToken::CancelToken() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void CancelToken::cancel() {
  cancelled_.store(true, std::memory_order_relaxed);
  uint64_t one = 1;
  [[maybe_unused]] ssize_t put = ::write(event_.get(), &one, sizeof one);
}

llvm::Error CancelToken::check() const {
  if (cancelled()) return fault(FaultKind::Cancelled, "stopped");
  return llvm::Error::success();
}

}  // namespace strata

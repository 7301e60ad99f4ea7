#include "support/cancel.h"

#include "support/fault.h"

#include <sys/eventfd.h>
#include <cerrno>

namespace strata {

CancelToken::CancelToken() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void CancelToken::cancel() {
  cancelled_.store(true, std::memory_order_relaxed);
  int interrupted = errno;  // of whoever the signal came upon
  uint64_t one = 1;
  [[maybe_unused]] ssize_t put = ::write(event_.get(), &one, sizeof one);
  errno = interrupted;
}

llvm::Error CancelToken::check() const {
  if (cancelled()) return fault(FaultKind::Cancelled, "stopped");
  return llvm::Error::success();
}

}  // namespace strata

#include "runtime/sandbox/watchdog.h"

#include "support/fault.h"
#include "support/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace strata::runtime {

namespace {
/// Holds nothing of strata's open but these two: a pipe kept open here would never end for its reader.
[[noreturn]] void watch(int lifeline, int pidfd) {
  ::setsid();  // a Ctrl-C at the terminal is for strata
  if (::dup3(lifeline, 0, 0) < 0 || ::dup3(pidfd, 1, 0) < 0) ::_exit(1);
  ::syscall(SYS_close_range, 2U, ~0U, 0U);
  for (;;) {
    pollfd end{0, POLLIN, 0};
    if (::poll(&end, 1, -1) > 0) break;
  }
  ::syscall(SYS_pidfd_send_signal, 1, SIGKILL, nullptr, 0);
  ::_exit(0);
}
}  // namespace

llvm::Expected<Watchdog> Watchdog::over(int pidfd) {
  auto pipe = Pipe::make();
  if (!pipe) return pipe.takeError();
  // Out of the way of the descriptors that watch() takes.
  UniqueFd lifeline(::fcntl(pipe->read.get(), F_DUPFD_CLOEXEC, 3)), target(::fcntl(pidfd, F_DUPFD_CLOEXEC, 3));
  if (!lifeline || !target) return errnoFault("duplicate a descriptor");
  pid_t pid = ::_Fork();
  if (pid < 0) return errnoFault("fork");
  if (pid == 0) watch(lifeline.get(), target.get());
  return Watchdog(pid, std::move(pipe->write));
}

Watchdog::Watchdog(Watchdog&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), lifeline_(std::move(other.lifeline_)) {}

Watchdog::~Watchdog() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace strata::runtime

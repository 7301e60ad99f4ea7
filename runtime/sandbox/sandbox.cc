#include "runtime/sandbox/sandbox.h"

#include "runtime/sandbox/cgroup.h"
#include "runtime/sandbox/read_trace.h"
#include "runtime/sandbox/sandbox_plan.h"
#include "runtime/sandbox/watchdog.h"
#include "runtime/spec/program.h"
#include "support/fault.h"
#include "support/pipe.h"
#include "support/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cerrno>
#include <csignal>
#include <memory>

namespace strata::runtime {

namespace {
constexpr size_t kStack = 128 * 1024;  // the child's until execve
constexpr size_t kChunk = 64 * 1024;
constexpr size_t kLargestPipe = 1 << 20;  // what a pipe may still hold when its writers are gone

struct OutputPipes {
  UniqueFd output, errors;  ///< read ends
};

llvm::Expected<Pipe> makeOutputPipe() {
  auto pipe = Pipe::make();
  if (!pipe) return pipe;
  if (::fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK) != 0) return errnoFault("make a pipe");
  // Above the standard streams, in case strata was started without them: the child writes over those.
  if (pipe->write.get() <= 2) pipe->write.reset(::fcntl(pipe->write.get(), F_DUPFD_CLOEXEC, 3));
  if (!pipe->write) return errnoFault("make a pipe");
  return pipe;
}

llvm::Expected<OutputPipes> connect(SandboxPlan& plan) {
  auto output = makeOutputPipe(), errors = makeOutputPipe();
  if (!output) {
    llvm::consumeError(errors.takeError());
    return output.takeError();
  }
  if (!errors) return errors.takeError();
  plan.output = std::move(output->write);
  plan.errors = std::move(errors->write);
  UniqueFd self(int(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  plan.self.reset(::fcntl(self.get(), F_DUPFD_CLOEXEC, 3));
  if (!plan.self) return errnoFault("open a pidfd of strata");
  return OutputPipes{std::move(output->read), std::move(errors->read)};
}

struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;
};

llvm::Error cloneFault(int error) {
  if (error == EPERM)
    return fault(FaultKind::Unsupported, "RUN needs the right to make namespaces: run strata as root (CAP_SYS_ADMIN)");
  if (error == EINVAL || error == ENOSYS)
    return fault(FaultKind::Unsupported, "the kernel lacks namespaces: mount, pid, ipc, uts and net are needed");
  if (error == ENOSPC || error == EUSERS)
    return fault(FaultKind::Unavailable, "too many namespaces: see /proc/sys/user/max_*_namespaces");
  return errnoFault("clone", error);
}

/// Returns when the child has called execve or failed. No signal may arrive in between: a handler would run in the
/// child, on memory that is ours.
llvm::Expected<Child> start(SandboxPlan& plan) {
  std::unique_ptr<char[]> stack(new char[kStack]);
  int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  if (plan.hasOwnNetwork) flags |= CLONE_NEWNET;
  sigset_t all, old;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &old);
  int pidfd = -1;
  pid_t pid = ::clone(runSandboxChild, stack.get() + kStack, flags, &plan, &pidfd);
  int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (pid < 0) return cloneFault(error);
  return Child{pid, UniqueFd(pidfd)};
}

/// Hands on what is there now; closes at the end. At most `limit` bytes.
void drain(UniqueFd& pipe, bool isError, OutputHandler output, char* buffer, size_t limit) {
  while (pipe && limit > 0) {
    ssize_t got = ::read(pipe.get(), buffer, kChunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return pipe.reset();
    output(llvm::StringRef(buffer, size_t(got)), isError);
    limit -= std::min(limit, size_t(got));
  }
}

/// Passes the output on until pid 1 is gone, and with it every process that could write. Returns whether it was
/// stopped.
bool attend(const Child& child, OutputPipes& pipes, OutputHandler output, const CancelToken& cancel) {
  std::unique_ptr<char[]> buffer(new char[kChunk]);
  bool stopped = false;
  for (;;) {
    pollfd waits[] = {{child.pidfd.get(), POLLIN, 0},
                      {stopped ? -1 : cancel.fd(), POLLIN, 0},
                      {pipes.output.get(), POLLIN, 0},
                      {pipes.errors.get(), POLLIN, 0}};
    if (::poll(waits, 4, -1) < 0) continue;  // EINTR
    if (waits[1].revents) {
      stopped = true;
      ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
    }
    if (waits[2].revents) drain(pipes.output, false, output, buffer.get(), kChunk);
    if (waits[3].revents) drain(pipes.errors, true, output, buffer.get(), kChunk);
    if (!waits[0].revents) continue;
    drain(pipes.output, false, output, buffer.get(), kLargestPipe);
    drain(pipes.errors, true, output, buffer.get(), kLargestPipe);
    return stopped;
  }
}

std::chrono::nanoseconds timeOf(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

llvm::Expected<ExitStatus> reap(const Child& child, uint64_t ownPeak) {
  int status = 0;
  rusage usage{};
  while (::wait4(child.pid, &status, __WALL, &usage) < 0)
    if (errno != EINTR) return errnoFault("wait for the container");
  ExitStatus exit;
  exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  exit.code = exit.signal ? 128 + exit.signal : WEXITSTATUS(status);
  exit.userTime = timeOf(usage.ru_utime);
  exit.systemTime = timeOf(usage.ru_stime);
  // Until execve the child counts our memory as its own.
  uint64_t peak = uint64_t(usage.ru_maxrss) * 1024;
  exit.peakMemory = peak > ownPeak ? peak : 0;
  return exit;
}

/// Root's programs keep the parent-death signal. Where no watchdog can be forked, it is all there is.
std::optional<Watchdog> watchdogFor(const SandboxPlan& plan, const Child& child) {
  if (plan.uid == 0 || plan.failure.step) return std::nullopt;
  auto watchdog = Watchdog::over(child.pidfd.get());
  if (watchdog) return std::move(*watchdog);
  llvm::consumeError(watchdog.takeError());
  return std::nullopt;
}

llvm::Error faultOf(const SandboxFailure& failure, const std::string& program) {
  if (failure.isProgram && failure.lacksInterpreter && failure.error == ENOENT) return missingInterpreterFault(program);
  if (failure.isProgram) return programFault(program, failure.error);
  std::string doing = "start the container: " + std::string(failure.step);
  if (*failure.detail) doing += " " + printable(failure.detail);
  return errnoFault(doing, failure.error);
}

uint64_t ownPeakMemory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return uint64_t(usage.ru_maxrss) * 1024;
}
}  // namespace

llvm::Expected<ExitStatus> runSandboxed(const ContainerSpec& spec, layerfs::Snapshot& snapshot, OutputHandler output,
                                        const CancelToken& cancel, ReadTrace* trace) {
  if (auto error = cancel.check()) return error;
  auto prepared = prepareSandbox(spec, snapshot);
  if (!prepared) return prepared.takeError();
  SandboxPlan& plan = (*prepared)->plan;
  if (trace) trace->watch(plan.root.get());
  auto cgroup = Cgroup::make(spec.limits);
  if (!cgroup) return cgroup.takeError();
  plan.cgroups = cgroup->takeEntrances();
  auto pipes = connect(plan);
  if (!pipes) return pipes.takeError();
  uint64_t ownPeak = ownPeakMemory();
  auto child = start(plan);
  if (!child) return child.takeError();
  plan.output.reset();
  plan.errors.reset();
  std::optional<Watchdog> watchdog = watchdogFor(plan, *child);
  bool stopped = attend(*child, *pipes, output, cancel);
  auto exit = reap(*child, ownPeak);
  if (plan.failure.step) {
    llvm::consumeError(exit.takeError());
    return faultOf(plan.failure, spec.argv.front());
  }
  if (stopped) {
    llvm::consumeError(exit.takeError());
    return fault(FaultKind::Cancelled, "stopped");
  }
  return exit;
}

}  // namespace strata::runtime

#include "analyzer/bench/measured_program.h"

#include "support/cancel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

namespace strata::analyzer {

char ProgramFailed::ID = 0;

namespace {
constexpr int kPatience = 10'000;          ///< milliseconds that a stopped program has to clean up
constexpr off_t kKeptOutput = 256 * 1024;  ///< bytes
constexpr uint64_t kBlock = 512;           ///< of getrusage(2)

/// On a disk, and nowhere to be found: what prints without end fills no memory.
llvm::Expected<UniqueFd> outputFile() {
  char path[] = "/var/tmp/strata-output-XXXXXX";
  UniqueFd file(::mkostemp(path, O_CLOEXEC));
  if (!file || ::unlink(path) != 0) return errnoFault("make room for a program's output");
  return file;
}

bool hasEnded(int process, int milliseconds) {
  pollfd wait{process, POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&wait, 1, milliseconds)) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

void stop(pid_t pid, int process) {
  ::kill(pid, SIGTERM);
  hasEnded(process, kPatience);
  ::kill(-pid, SIGKILL);  // it is not waited for yet, and so the number is still its own
}

/// Until the program has ended, or was stopped because of `cancel`.
llvm::Error await(pid_t pid, const CancelToken& cancel) {
  UniqueFd process(int(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) {
    auto error = errnoFault("watch process " + std::to_string(pid));
    ::kill(pid, SIGKILL);
    return error;
  }
  pollfd waits[2] = {{process.get(), POLLIN, 0}, {cancel.fd(), POLLIN, 0}};
  while (waits[0].revents == 0 && !cancel.cancelled())
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) break;
  if (waits[0].revents == 0) stop(pid, process.get());
  return cancel.check();
}

std::string endOf(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return "";
  off_t from = std::max<off_t>(0, status.st_size - kKeptOutput);
  std::string text(size_t(status.st_size - from), '\0');
  ssize_t got = ::pread(file, text.data(), text.size(), from);
  text.resize(size_t(std::max<ssize_t>(0, got)));
  return text;
}
}  // namespace

llvm::Expected<ProgramRun> measure(const ProgramCall& call, const CancelToken& cancel) {
  if (llvm::Error error = cancel.check()) return error;
  auto output = outputFile();
  if (!output) return output.takeError();
  auto began = std::chrono::steady_clock::now();
  auto pid = startProgram(call, output->get());
  if (!pid) return pid.takeError();
  llvm::Error awaited = await(*pid, cancel);
  int status = 0;
  rusage use{};
  while (::wait4(*pid, &status, 0, &use) < 0)
    if (errno != EINTR) return llvm::joinErrors(std::move(awaited), errnoFault("wait for " + call.program));
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (awaited) return awaited;
  return ProgramRun{.exitCode = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                    .seconds = took.count(),
                    .peakMemory = uint64_t(use.ru_maxrss) * 1024,
                    .diskRead = uint64_t(use.ru_inblock) * kBlock,
                    .diskWritten = uint64_t(use.ru_oublock) * kBlock,
                    .output = endOf(output->get())};
}

llvm::Expected<ProgramRun> measureSuccess(const ProgramCall& call, llvm::StringRef doing, const CancelToken& cancel) {
  auto run = measure(call, cancel);
  if (!run) return withContext(run.takeError(), doing);
  if (run->exitCode == 0) return run;
  std::string message = (doing + ": " + call.arguments.front() + " ended with status ").str();
  return llvm::make_error<ProgramFailed>(message + std::to_string(run->exitCode), std::move(*run));
}

}  // namespace strata::analyzer

#include "support/process.h"

#include "support/cancel.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/pipe.h"
#include "support/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace strata {

namespace {
constexpr size_t kOutputLimit = 64 << 20;

/// write(2) without the signal that ends us when the program has stopped reading.
ssize_t writeQuietly(int fd, llvm::StringRef bytes) {
  sigset_t pipe, before, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::sigpending(&pending);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  ssize_t put = ::write(fd, bytes.data(), bytes.size());
  int number = errno;
  timespec now{};
  if (put < 0 && number == EPIPE && !sigismember(&pending, SIGPIPE))
    while (::sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
    }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = number;
  return put;
}

/// Feeds stdin and drains stdout and stderr at once, so that no pipe can fill up and stall the program.
llvm::Error converse(Pipe& in, llvm::StringRef input, Pipe& out, Pipe& err, const CancelToken* cancel,
                     ProcessResult& result) {
  ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  if (input.empty()) in.write.reset();
  while (out.read || err.read || in.write) {
    pollfd waits[4] = {{out.read.get(), POLLIN, 0},
                       {err.read.get(), POLLIN, 0},
                       {in.write.get(), POLLOUT, 0},
                       {cancel ? cancel->fd() : -1, POLLIN, 0}};
    if (::poll(waits, 4, -1) < 0 && errno != EINTR) return errnoFault("poll");
    if (cancel)
      if (auto error = cancel->check()) return error;
    auto drain = [&](UniqueFd& fd, std::string& text, short ready) -> llvm::Error {
      if (!fd || !ready) return llvm::Error::success();
      char buffer[16384];
      ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) return llvm::Error::success();
      if (got < 0) return errnoFault("read the program's output");
      if (got == 0) fd.reset();
      if (text.size() + size_t(got) > kOutputLimit) return fault(FaultKind::Invalid, "the program printed over 64 MiB");
      text.append(buffer, size_t(got));
      return llvm::Error::success();
    };
    if (auto error = drain(out.read, result.output, waits[0].revents)) return error;
    if (auto error = drain(err.read, result.errors, waits[1].revents)) return error;
    if (in.write && waits[2].revents) {
      ssize_t put = writeQuietly(in.write.get(), input);
      if (put < 0 && errno != EAGAIN && errno != EINTR) input = {};
      if (put > 0) input = input.drop_front(size_t(put));
      if (input.empty()) in.write.reset();
    }
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<ProcessResult> runProcess(const ProcessSpec& spec) {
  assert(!spec.argv.empty());
  auto in = Pipe::make(), out = Pipe::make(), err = Pipe::make();
  if (!in) return in.takeError();
  if (!out) return out.takeError();
  if (!err) return err.takeError();

  Spawn spawn;
  spawn.give(in->read.get(), 0).give(out->write.get(), 1).give(err->write.get(), 2);
  if (!spec.directory.empty()) spawn.directory(spec.directory);
  if (spec.environment) spawn.environment(*spec.environment);
  auto pid = spawn.start(spec.argv[0], spec.argv);
  if (!pid) return pid.takeError();
  in->read.reset();
  out->write.reset();
  err->write.reset();

  ProcessResult result;
  auto talked = converse(*in, spec.input, *out, *err, spec.cancel, result);
  if (talked) ::kill(*pid, SIGKILL);
  auto code = waitForExit(*pid);
  if (talked) {
    consumeError(code.takeError());
    return withContext(std::move(talked), spec.argv[0]);
  }
  if (!code) return code.takeError();
  result.exitCode = *code;
  return result;
}

std::optional<std::string> findProgram(llvm::StringRef name) {
  auto isProgram = [](const std::string& path) {
    struct stat status;
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.contains('/')) return isProgram(name.str()) ? std::optional(name.str()) : std::nullopt;
  const char* path = std::getenv("PATH");
  llvm::SmallVector<llvm::StringRef> folders;
  llvm::StringRef(path ? path : "/usr/sbin:/usr/bin:/sbin:/bin").split(folders, ':');
  for (llvm::StringRef folder : folders)
    if (std::string candidate = joinPath(folder.empty() ? "." : folder, name); isProgram(candidate)) return candidate;
  return std::nullopt;
}

}  // namespace strata

#include "analyzer/bench/started_program.h"

#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace strata::analyzer {

namespace {
/// What a child needs, made before it is there: nothing in it may allocate.
struct Start {
  const char* program;
  char** arguments;
  int input, output;
  int failure;  ///< takes errno where there is no program to become
  pid_t parent;
};

[[noreturn]] void become(const Start& start) {
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != start.parent) ::_exit(1);  // it was gone before that
  ::dup2(start.input, STDIN_FILENO);
  ::dup2(start.output, STDOUT_FILENO);
  ::dup2(start.output, STDERR_FILENO);
  ::execvp(start.program, start.arguments);
  int number = errno;
  ::_exit(::write(start.failure, &number, sizeof number) == sizeof number ? 1 : 2);
}

/// 0 where the program has begun: then the pipe closes and nothing was written.
int failureIn(int pipe) {
  int number = 0;
  ssize_t got = 0;
  while ((got = ::read(pipe, &number, sizeof number)) < 0 && errno == EINTR) {
  }
  return got == sizeof number ? number : 0;
}
}  // namespace

/// By fork(2): what posix_spawn(3) starts shares our memory until it executes, and the kernel then takes all that we
/// ever had for a part of its peak; so it is what we have now.
llvm::Expected<pid_t> startProgram(const ProgramCall& call, int output) {
  auto input = openFile("/dev/null", O_RDONLY);
  if (!input) return input.takeError();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errnoFault("start " + call.program);
  UniqueFd failure(ends[0]), ours(ends[1]);
  std::vector<char*> arguments;
  for (const std::string& one : call.arguments) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  Start start{call.program.c_str(), arguments.data(), input->get(), output, ours.get(), ::getpid()};
  pid_t pid = ::fork();
  if (pid < 0) return errnoFault("start " + call.program);
  if (pid == 0) become(start);
  ours.reset();
  int number = failureIn(failure.get());
  if (number == 0) return pid;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return errnoFault("start " + call.program, number);
}

}  // namespace strata::analyzer

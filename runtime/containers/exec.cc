#include "runtime/containers/exec.h"

#include "runtime/containers/exec_process.h"
#include "support/fault.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace strata::runtime {

namespace {

llvm::Error checkRunning(const Container& container) {
  if (container.state.status == ContainerStatus::Paused)
    return fault(FaultKind::Invalid, "container " + container.id + " is paused, unpause the container before exec");
  if (container.state.status != ContainerStatus::Running)
    return fault(FaultKind::Invalid, "container " + container.id + " is not running");
  return llvm::Error::success();
}

/// The runtime passes signals on to the process: until it ends they are not ours.
class IgnoredSignals {
public:
  IgnoredSignals() {
    for (int number : kNumbers) before_[number] = ::signal(number, SIG_IGN);
  }
  ~IgnoredSignals() {
    for (int number : kNumbers) ::signal(number, before_[number]);
  }
  IgnoredSignals(const IgnoredSignals&) = delete;
  IgnoredSignals& operator=(const IgnoredSignals&) = delete;

private:
  static constexpr int kNumbers[] = {SIGINT, SIGQUIT};
  sighandler_t before_[NSIG] = {};
};

llvm::Expected<pid_t> spawn(std::vector<std::string> words, const ExecRequest& request) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!request.interactive && !request.terminal)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (request.detached)
    for (int fd : {1, 2}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  int code = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return errnoFault("start " + words.front(), code);
  return pid;
}

llvm::Expected<int> waitFor(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return errnoFault("wait for the OCI runtime");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

llvm::Expected<int> execInContainer(ContainerStore& store, const Container& container, const ExecRequest& request) {
  if (auto error = checkRunning(container)) return error;
  auto process = ExecProcess::prepare(container, store.directory(container.id), request);
  if (!process) return process.takeError();
  std::vector<std::string> options;
  if (request.detached) options.emplace_back("--detach");
  IgnoredSignals ignored;
  auto pid = spawn(process->command(options), request);
  if (!pid) return pid.takeError();
  auto code = waitFor(*pid);
  if (!code || *code == 0) return code;
  // The runtime's own failures come with a code of the process, which logs nothing.
  if (auto error = process->runtimeFailure()) return error;
  return code;
}

}  // namespace strata::runtime

#include "runtime/containers/exec.h"

#include "runtime/oci/container_cgroup.h"
#include "runtime/oci/oci_command.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/program.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/ScopeExit.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
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

llvm::Expected<ContainerSpec> processFor(const Container& container, const ExecRequest& request) {
  auto root = openFile("/proc/" + std::to_string(container.state.pid) + "/root", O_PATH | O_DIRECTORY);
  if (!root) return withContext(root.takeError(), "container " + container.shortId());
  ContainerSpec spec;
  spec.argv = request.argv;
  spec.env = request.env;
  spec.workingDir = request.workingDir.empty() ? container.config.workingDir : request.workingDir;
  spec.terminal = request.terminal;
  spec.privileged = request.privileged || container.hostConfig.privileged;
  auto identity = resolveIdentity(request.user.value_or(container.config.user), root->get());
  if (!identity) return identity.takeError();
  spec.identity = std::move(*identity);
  if (winsize size{}; request.terminal && ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
    spec.terminalRows = size.ws_row;
    spec.terminalColumns = size.ws_col;
  }
  if (auto error = checkProgram(spec, root->get())) return error;
  return spec;
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
  auto runtime = findOciRuntime(container.hostConfig.runtime);
  if (!runtime) return runtime.takeError();
  if (auto error = prepareHostFor(*runtime)) return error;
  auto spec = processFor(container, request);
  if (!spec) return spec.takeError();
  ContainerDirectory directory = store.directory(container.id);
  const std::string ours = directory.path() + "/exec-" + std::to_string(::getpid());
  OciContainer oci{std::move(*runtime), container.id, directory.ociRoot(), ours + ".log", canMakeCgroups()};
  const std::string process = ours + ".json";
  auto removeOurs = llvm::make_scope_exit([&] {
    ::unlink(process.c_str());
    ::unlink(oci.log.c_str());
  });
  if (auto error = writeFileAtomically(process, printJson(ociProcess(*spec, oci.withCgroup)), 0600)) return error;
  std::vector<std::string> words = {"exec", "--process", process};
  if (request.detached) words.push_back("--detach");
  words.push_back(container.id);
  IgnoredSignals ignored;
  auto pid = spawn(oci.command(words), request);
  if (!pid) return pid.takeError();
  auto code = waitFor(*pid);
  if (!code || *code == 0) return code;
  // The runtime's own failures come with a code of the process, which logs nothing.
  std::string said = loggedError(oci.log);
  if (!said.empty()) return runtimeFault(oci.runtime, request.argv.front(), said);
  return code;
}

}  // namespace strata::runtime

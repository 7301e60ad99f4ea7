#include "runtime/containers/exec.h"

#include "runtime/containers/container_events.h"
#include "runtime/containers/exec_process.h"
#include "runtime/oci/cgroup_moves.h"
#include "runtime/spec/object_names.h"
#include "support/fault.h"
#include "support/spawn.h"

#include <llvm/ADT/StringExtras.h>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace strata::runtime {

namespace {

llvm::Error checkReady(const Container& container) {
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

llvm::Expected<pid_t> spawnRuntime(const ExecProcess& process, const ExecRequest& request) {
  Spawn spawn;
  if (!request.interactive && !request.terminal) spawn.open(0, "/dev/null", O_RDONLY);
  if (request.detached)
    for (int fd : {1, 2}) spawn.open(fd, "/dev/null", O_WRONLY);
  std::vector<std::string> options;
  if (request.detached) options.emplace_back("--detach");
  return process.start(spawn, options);
}

}  // namespace

llvm::Expected<int> execInContainer(ContainerStore& store, const Container& container, const ExecRequest& request) {
  if (auto error = checkReady(container)) return error;
  CgroupMoveAhead moveAhead;
  auto process = ExecProcess::prepare(container, store.directory(container.id), request);
  if (!process) return process.takeError();
  IgnoredSignals ignored;
  // The program alone: the log stays, and its arguments may be secrets.
  const std::string &command = request.argv.front(), execId = makeObjectId();
  tellContainerEvent(store.root(), container, "exec_create: " + command, {{"execID", execId}});
  auto pid = spawnRuntime(*process, request);
  if (!pid) return pid.takeError();
  tellContainerEvent(store.root(), container, "exec_start: " + command, {{"execID", execId}});
  auto code = waitForExit(*pid);
  if (code && !request.detached)
    tellContainerEvent(store.root(), container, "exec_die", {{"execID", execId}, {"exitCode", std::to_string(*code)}});
  if (!code || *code == 0) return code;
  // The runtime's own failures come with a code of the process, which logs nothing.
  if (auto error = process->runtimeFailure()) return error;
  return code;
}

}  // namespace strata::runtime

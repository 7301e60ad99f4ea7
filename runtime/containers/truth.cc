#include "runtime/containers/truth.h"

#include "runtime/containers/container_events.h"
#include "runtime/containers/container_network.h"
#include "runtime/containers/container_plan.h"
#include "runtime/containers/container_volumes.h"
#include "runtime/containers/process_facts.h"
#include "runtime/oci/container_cgroup.h"
#include "runtime/oci/oci_bundle.h"
#include "runtime/oci/oci_command.h"
#include "support/fault.h"
#include "support/text.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <csignal>

namespace strata::runtime {

namespace {
constexpr int kKilled = 137, kUnknown = 255;  // docker's for a container that did not survive its host
constexpr int kPatience = 10'000;             // milliseconds

/// A process that the runtime had just started is in no row yet, but in the bundle.
pid_t startedPid(const ContainerDirectory& directory, llvm::StringRef id) {
  pid_t pid = 0;
  if (auto text = readFile(directory.bundle() + "/pid", 64))
    llvm::StringRef(*text).trim().getAsInteger(10, pid);
  else
    llvm::consumeError(text.takeError());
  if (pid <= 0) return 0;
  auto groups = readFile("/proc/" + std::to_string(pid) + "/cgroup", 1 << 16);
  if (groups && llvm::StringRef(*groups).contains(id)) return pid;
  llvm::consumeError(groups.takeError());
  return 0;
}

/// Whether there was one to end. With the first process of a pid namespace all others go.
bool endProcess(pid_t pid) {
  UniqueFd process(int(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process || ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) != 0) return false;
  pollfd wait{process.get(), POLLIN, 0};
  ::poll(&wait, 1, kPatience);
  return true;
}

bool endLeftProcess(const Container& container, const ContainerDirectory& directory) {
  const ContainerState& state = container.state;
  if (state.pid > 0 && startOfProcess(pid_t(state.pid)) == state.pidStarted) return endProcess(pid_t(state.pid));
  pid_t started = startedPid(directory, container.id);
  return started > 0 && endProcess(started);
}

bool seemsLive(const Container& container, const ContainerDirectory& directory) {
  switch (container.state.status) {
    case ContainerStatus::Running:
    case ContainerStatus::Paused:
    case ContainerStatus::Restarting:
    case ContainerStatus::Removing:
      return true;
    default:
      return pathExists(directory.ociRoot());  // a runtime has been called for it
  }
}

/// With the lock held: nobody else changes the container.
llvm::Expected<bool> correctLocked(ContainerStore& store, Container& container) {
  ContainerDirectory directory = store.directory(container.id);
  auto fresh = store.load(container.id);
  if (!fresh) {
    auto error = fresh.takeError();
    if (takeIf(error, FaultKind::NotFound)) return false;
    return error;
  }
  container = std::move(*fresh);
  if (!seemsLive(container, directory)) return true;
  bool wasThere = endLeftProcess(container, directory);
  removeLeftovers(container, directory);
  if (auto error = forgetNetworks(container.id, store)) return error;
  if (container.hostConfig.autoRemove) {
    if (auto error = removeWithVolumes(store, container)) return error;
    return false;
  }
  ContainerState& state = container.state;
  bool hadEnded = state.status == ContainerStatus::Restarting || state.status == ContainerStatus::Exited;
  state.status = state.started == 0 ? ContainerStatus::Created : ContainerStatus::Exited;
  if (!hadEnded) {
    state.exitCode = wasThere ? kKilled : kUnknown;
    state.finished = nowNanoseconds();
    state.error = "its supervisor was killed, or the host went down";
  }
  state.pid = 0;
  state.pidStarted = 0;
  if (auto error = store.setState(container.id, state)) return error;
  if (!hadEnded && state.started != 0)
    tellContainerEvent(store.root(), container, "die", {{"exitCode", std::to_string(state.exitCode)}});
  return true;
}
}  // namespace

void removeLeftovers(const Container& container, const ContainerDirectory& directory) {
  endLeftProcess(container, directory);
  auto runtime = findOciRuntime(container.hostConfig.runtime);
  if (!runtime) llvm::consumeError(runtime.takeError());
  OciContainer oci{runtime ? *runtime : OciRuntime{"runc", "runc"}, container.id, directory.ociRoot(),
                   directory.path() + "/oci.log", canMakeCgroups()};
  forgetContainer(oci, cgroupPathOf(container));
  llvm::consumeError(OciBundle::remove(directory.bundle()));
  ::unlink(directory.socket().c_str());
}

llvm::Expected<bool> correct(ContainerStore& store, Container& container) {
  ContainerDirectory directory = store.directory(container.id);
  if (!seemsLive(container, directory)) return true;
  auto lock = FileLock::tryAcquire(directory.lock(), FileLock::Mode::Exclusive);
  if (lock) return correctLocked(store, container);
  auto error = lock.takeError();
  if (takeIf(error, FaultKind::Unavailable)) return true;  // its supervisor lives
  if (takeIf(error, FaultKind::NotFound)) return false;    // removed this instant
  return error;
}

llvm::Expected<Container> findContainer(ContainerStore& store, llvm::StringRef text) {
  auto container = store.find(text);
  if (!container) return container;
  auto isThere = correct(store, *container);
  if (!isThere) return isThere.takeError();
  if (!*isThere) return fault(FaultKind::NotFound, "No such container: " + printable(text));
  return container;
}

llvm::Expected<std::vector<Container>> listContainers(ContainerStore& store) {
  auto all = store.list();
  if (!all) return all;
  std::vector<Container> there;
  for (Container& container : *all) {
    auto isThere = correct(store, container);
    if (!isThere) return isThere.takeError();
    if (*isThere) there.push_back(std::move(container));
  }
  return there;
}

}  // namespace strata::runtime

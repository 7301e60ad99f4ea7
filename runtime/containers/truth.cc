#include "runtime/containers/truth.h"

#include "runtime/containers/container_events.h"
#include "runtime/containers/container_network.h"
#include "runtime/containers/container_plan.h"
#include "runtime/containers/container_volumes.h"
#include "runtime/containers/pause.h"
#include "runtime/oci/container_cgroup.h"
#include "runtime/oci/oci_bundle.h"
#include "runtime/oci/oci_command.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <unistd.h>
#include <chrono>
#include <csignal>

namespace strata::runtime {

namespace {
constexpr int kKilledCode = 137, kUnknownCode = 255;  // docker's for a container that did not survive its host
constexpr std::chrono::seconds kPatience(10);

using Process = llvm::Expected<ProcessHandle>;

/// A process that was just started is in no row yet, but in the bundle.
Process processOfBundle(const ContainerDirectory& directory) {
  auto text = readFile(directory.process(), 64);
  if (!text) return text.takeError();
  auto name = processNameFrom(*text);
  return name ? ProcessHandle::open(*name) : name.takeError();
}

/// One that the runtime had started this instant is a mere number: it is the container's if it is in its control group.
Process processOfRuntime(const ContainerDirectory& directory, llvm::StringRef id) {
  auto text = readFile(directory.bundle() + "/pid", 64);
  if (!text) return text.takeError();
  pid_t pid = 0;
  llvm::StringRef(*text).trim().getAsInteger(10, pid);
  auto process = ProcessHandle::open(pid);
  if (!process) return process;
  auto file = process->openFile("cgroup", O_RDONLY);
  auto groups = file ? readFd(file->get(), 1 << 16) : file.takeError();
  if (!groups) return groups.takeError();
  if (llvm::StringRef(*groups).contains(id)) return process;
  return fault(FaultKind::NotFound, "process " + llvm::Twine(pid) + " is not the container's");
}

/// Whether there was one to end. With the first process of a pid namespace all others go.
bool end(Process process) {
  if (!process) return llvm::consumeError(process.takeError()), false;
  if (auto error = process->signal(SIGKILL)) return llvm::consumeError(std::move(error)), false;
  process->waitForEnd(kPatience);
  return true;
}

bool endLeftProcess(const Container& container, const ContainerDirectory& directory) {
  return end(ProcessHandle::open(container.state.process())) || end(processOfBundle(directory)) ||
         end(processOfRuntime(directory, container.id));
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

/// Its supervisor lives.
llvm::Expected<bool> correctSupervised(ContainerStore& store, Container& container) {
  auto wentOn = endLeftStandstill(store, container);
  if (!wentOn) return wentOn.takeError();
  if (*wentOn) container.state.status = ContainerStatus::Running;
  return true;
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
    state.exitCode = wasThere ? kKilledCode : kUnknownCode;
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
  if (takeIf(error, FaultKind::Unavailable)) return correctSupervised(store, container);
  if (takeIf(error, FaultKind::NotFound)) return false;  // removed this instant
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

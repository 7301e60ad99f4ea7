#include "runtime/containers/pause.h"

#include "runtime/containers/container_events.h"
#include "runtime/containers/container_plan.h"
#include "runtime/oci/container_cgroup.h"
#include "support/fault.h"

#include <sys/stat.h>
#include <unistd.h>

namespace strata::runtime {

namespace {
/// In the lock's file, while the container stands still for its holder's sake: more than a name, if that is killed.
constexpr char kHeldMark[] = "held\n";

llvm::Error mark(const FileLock& held) {
  if (::pwrite(held.fd(), kHeldMark, sizeof kHeldMark - 1, 0) == ssize_t(sizeof kHeldMark - 1))
    return llvm::Error::success();
  return errnoFault("mark a container that stands still");
}

llvm::Error unmark(const FileLock& held) {
  return ::ftruncate(held.fd(), 0) == 0 ? llvm::Error::success() : errnoFault("unmark a container");
}

bool isMarked(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

llvm::Error noLonger(const Container& container, llvm::Error error) {
  if (!takeIf(error, FaultKind::NotFound)) return error;
  return fault(FaultKind::NotFound, "No such container: " + container.name);
}

llvm::Error setPaused(ContainerStore& store, const Container& container) {
  if (auto error = freezeContainer(cgroupPathOf(container), Freeze::Yes)) return error;
  tellContainerEvent(store.root(), container, "pause");
  return store.changeStatus(container.id, ContainerStatus::Running, ContainerStatus::Paused).takeError();
}

llvm::Error setRunning(ContainerStore& store, const Container& container) {
  if (auto error = freezeContainer(cgroupPathOf(container), Freeze::No)) return error;
  tellContainerEvent(store.root(), container, "unpause");
  return store.changeStatus(container.id, ContainerStatus::Paused, ContainerStatus::Running).takeError();
}
}  // namespace

llvm::Expected<FileLock> holdFiles(const ContainerStore& store, const Container& container, FileLock::Mode mode) {
  auto held = FileLock::acquire(store.directory(container.id).standstill(), mode);
  if (held) return held;
  return noLonger(container, held.takeError());
}

llvm::Error pauseContainer(ContainerStore& store, const Container& container) {
  auto shared = holdFiles(store, container, FileLock::Mode::Shared);
  if (!shared) return shared.takeError();
  auto now = store.load(container.id);
  if (!now) return noLonger(container, now.takeError());
  if (now->state.status == ContainerStatus::Paused)
    return fault(FaultKind::Invalid, "Container " + container.id + " is already paused");
  if (now->state.status != ContainerStatus::Running) return notRunning(container);
  if (auto error = unmark(*shared)) return error;
  return setPaused(store, *now);
}

llvm::Error resumeContainer(ContainerStore& store, const Container& container) {
  auto shared = holdFiles(store, container, FileLock::Mode::Shared);
  if (!shared) return shared.takeError();
  auto now = store.load(container.id);
  if (!now) return noLonger(container, now.takeError());
  if (now->state.status != ContainerStatus::Paused)
    return fault(FaultKind::Invalid, "Container " + container.id + " is not paused");
  return setRunning(store, *now);
}

llvm::Error beginStandstill(ContainerStore& store, const Container& container, const FileLock& held) {
  if (auto error = mark(held)) return error;
  if (auto error = setPaused(store, container)) return llvm::joinErrors(std::move(error), unmark(held));
  return llvm::Error::success();
}

llvm::Error endStandstill(ContainerStore& store, const Container& container, const FileLock& held) {
  auto error = setRunning(store, container);
  return llvm::joinErrors(std::move(error), unmark(held));
}

llvm::Expected<bool> endLeftStandstill(ContainerStore& store, const Container& container) {
  std::string path = store.directory(container.id).standstill();
  if (!isMarked(path)) return false;
  auto held = FileLock::tryAcquire(path, FileLock::Mode::Exclusive);
  if (!held) {
    auto error = held.takeError();
    if (takeIf(error, FaultKind::Unavailable)) return false;  // whoever marked it is at work
    return error;
  }
  if (!isMarked(path)) return false;
  if (auto error = endStandstill(store, container, *held)) return error;
  return true;
}

}  // namespace strata::runtime

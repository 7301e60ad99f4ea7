#include "runtime/files/standstill.h"

#include "runtime/containers/pause.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

#include <poll.h>

namespace strata::runtime {

namespace {
constexpr int kAskAgain = 20;  // milliseconds

llvm::Expected<FileLock> tryUnlessBusy(const std::string& path, bool& isBusy) {
  auto lock = FileLock::tryAcquire(path, FileLock::Mode::Exclusive);
  isBusy = false;
  if (lock) return lock;
  auto error = lock.takeError();
  isBusy = kindOf(error) == FaultKind::Unavailable;
  return error;
}

llvm::Expected<FileLock> waitForFiles(const std::string& path, const CancelToken& cancel) {
  for (;;) {
    bool isBusy = false;
    auto lock = tryUnlessBusy(path, isBusy);
    if (!isBusy) return lock;
    llvm::consumeError(lock.takeError());
    pollfd wait{cancel.fd(), POLLIN, 0};
    ::poll(&wait, 1, kAskAgain);
    if (auto error = cancel.check()) return error;
  }
}
}  // namespace

llvm::Expected<std::unique_ptr<Standstill>> Standstill::begin(ContainerStore& containers, const Container& container,
                                                              const CancelToken& cancel) {
  ContainerDirectory directory = containers.directory(container.id);
  auto files = waitForFiles(directory.standstill(), cancel);
  if (!files) return files.takeError();
  // Whoever held them before may have been killed, and the container may have ended meanwhile.
  auto now = findContainer(containers, container.id);
  if (!now) return now.takeError();
  std::unique_ptr<Standstill> still(new Standstill(containers, std::move(*files)));
  if (now->state.status == ContainerStatus::Paused) return still;
  if (now->state.isLive()) {
    if (auto error = beginStandstill(containers, *now, still->files_)) return error;
    still->paused_ = std::move(*now);
    return still;
  }
  bool isBusy = false;
  auto lock = tryUnlessBusy(directory.lock(), isBusy);
  if (lock) {
    still->lock_.emplace(std::move(*lock));
    return still;
  }
  if (!isBusy) return lock.takeError();
  llvm::consumeError(lock.takeError());
  return fault(FaultKind::Unavailable, "container " + container.name + " is being started or removed: try again");
}

Standstill::~Standstill() {
  if (paused_) llvm::consumeError(endStandstill(containers_, *paused_, files_));
}

}  // namespace strata::runtime

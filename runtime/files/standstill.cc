#include "runtime/files/standstill.h"

#include "runtime/containers/lifecycle.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

namespace strata::runtime {

llvm::Expected<std::unique_ptr<Standstill>> Standstill::begin(ContainerStore& containers, const Container& container) {
  std::unique_ptr<Standstill> still(new Standstill(containers, container.id));
  if (container.state.status == ContainerStatus::Paused) return still;
  if (container.state.isLive()) {
    if (auto error = pauseContainer(containers, container)) return error;
    still->isPaused_ = true;
    return still;
  }
  auto lock = FileLock::tryAcquire(containers.directory(container.id).lock(), FileLock::Mode::Exclusive);
  if (lock) {
    still->lock_.emplace(std::move(*lock));
    return still;
  }
  auto error = lock.takeError();
  if (!takeIf(error, FaultKind::Unavailable)) return error;
  return fault(FaultKind::Unavailable, "container " + container.name + " is being started or removed: try again");
}

Standstill::~Standstill() {
  if (!isPaused_) return;
  auto container = findContainer(containers_, id_);
  llvm::consumeError(container ? resumeContainer(containers_, *container) : container.takeError());
}

}  // namespace strata::runtime

#include "runtime/containers/container_volumes.h"

#include "runtime/containers/container_events.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::runtime {

llvm::Error removeAnonymousVolumes(ContainerStore& store, llvm::ArrayRef<ContainerMount> mounts) {
  for (const ContainerMount& mount : mounts) {
    if (mount.name.empty()) continue;
    auto volumes = store.volumes();
    if (!volumes) return volumes.takeError();
    auto volume = (*volumes)->find(mount.name);
    if (!volume) return volume.takeError();
    if (!*volume || !(*volume)->isAnonymous()) continue;
    auto error = (*volumes)->remove(mount.name);
    if (takeIf(error, FaultKind::Denied) || takeIf(error, FaultKind::NotFound)) continue;
    if (error) return error;
  }
  return llvm::Error::success();
}

llvm::Error removeAlone(ContainerStore& store, const Container& container) {
  if (auto error = store.remove(container.id)) return error;
  tellContainerEvent(store.root(), container, "destroy");
  return llvm::Error::success();
}

llvm::Error removeWithVolumes(ContainerStore& store, const Container& container) {
  auto left = takeOutWithVolumes(store, container);
  return left ? removeTree(*left) : left.takeError();
}

llvm::Expected<std::string> takeOutWithVolumes(ContainerStore& store, const Container& container) {
  std::vector<ContainerMount> mounts = container.mounts;
  llvm::erase_if(mounts, [&](const ContainerMount& mount) {
    return llvm::any_of(container.hostConfig.binds,
                        [&](llvm::StringRef bind) { return bind.starts_with(mount.name + ":"); });
  });
  auto left = store.takeOut(container.id);
  if (!left) return left;
  tellContainerEvent(store.root(), container, "destroy");
  if (auto error = removeAnonymousVolumes(store, mounts)) return error;
  return left;
}

}  // namespace strata::runtime

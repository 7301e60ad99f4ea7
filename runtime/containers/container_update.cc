#include "runtime/containers/container_update.h"

#include "runtime/containers/container_events.h"
#include "runtime/containers/container_limits.h"
#include "runtime/oci/container_cgroup.h"
#include "runtime/oci/oci_command.h"
#include "runtime/spec/oci_resources.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/ScopeExit.h>

#include <unistd.h>

namespace strata::runtime {

namespace {
/// More than the kernel has numbers for: crun does not take -1.
constexpr int64_t kAnyNumber = 1 << 22;

llvm::Error updateRunning(const Container& container, const ContainerDirectory& directory) {
  auto limits = resourceLimitsOf(container.hostConfig.limits, canMakeCgroups());
  if (!limits) return limits.takeError();
  auto runtime = findOciRuntime(container.hostConfig.runtime);
  if (!runtime) return runtime.takeError();
  if (auto error = prepareHostFor(*runtime)) return error;
  const std::string ours = directory.path() + "/update-" + std::to_string(::getpid()), resources = ours + ".json";
  OciContainer oci{std::move(*runtime), container.id, directory.ociRoot(), ours + ".log", canMakeCgroups()};
  auto removeOurs = llvm::make_scope_exit([&] {
    ::unlink(resources.c_str());
    ::unlink(oci.log.c_str());
  });
  llvm::json::Object wanted = ociResources(*limits);
  if (limits->pids == 0 && hostCgroups().has("pids")) wanted["pids"] = llvm::json::Object{{"limit", kAnyNumber}};
  if (auto error = writeFileAtomically(resources, printJson(std::move(wanted)), 0600)) return error;
  return callRuntime(oci, {"update", "--resources", resources, container.id});
}
}  // namespace

llvm::Error updateContainer(ContainerStore& store, const Container& container) {
  if (container.state.status == ContainerStatus::Removing || container.state.status == ContainerStatus::Dead)
    return fault(FaultKind::Invalid, "Cannot update container " + container.id +
                                         ": Container is marked for removal and cannot be \"update\".");
  auto before = store.load(container.id);
  if (!before) return before.takeError();
  if (container.state.isLive() && before->hostConfig.limits != container.hostConfig.limits)
    if (auto error = updateRunning(container, store.directory(container.id)))
      return withContext(std::move(error), "Cannot update container " + container.id);
  if (auto error = store.setDocument(container)) return error;
  tellContainerEvent(store.root(), container, "update");
  return llvm::Error::success();
}

}  // namespace strata::runtime

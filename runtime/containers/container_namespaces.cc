#include "runtime/containers/container_namespaces.h"

#include "runtime/containers/truth.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <unistd.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr StringRef kOther = "container:", kHost = "host";

bool isMode(StringRef mode, llvm::ArrayRef<StringRef> known) {
  return llvm::is_contained(known, mode) || (mode.starts_with(kOther) && mode.size() > kOther.size());
}

llvm::Expected<Container> liveContainer(StringRef mode, Database& database, const std::string& root) {
  auto containers = ContainerStore::open(database, root);
  if (!containers) return containers.takeError();
  auto other = findContainer(**containers, mode.drop_front(kOther.size()));
  if (!other) return fault(FaultKind::Invalid, messageOf(other.takeError()));  // it is not this one's program
  if (!other->state.isLive())
    return fault(FaultKind::Invalid, "cannot join PID of a non running container: " + other->id);
  return other;
}

/// POSIX shared memory and message queues are files: with the namespace their mounts are shared.
void shareIpcWithHost(ContainerSpec& spec) {
  spec.sharedIpc = "";
  for (const char* path : {"/dev/shm", "/dev/mqueue"})
    if (pathExists(path)) spec.mounts.push_back({MountSpec::Kind::Bind, path, -1, path, false, ""});
}

llvm::Expected<UniqueFd> joinPid(StringRef mode, Database& database, const std::string& root, ContainerSpec& spec) {
  if (mode == kHost) spec.sharedPid = "";
  if (!mode.starts_with(kOther)) return UniqueFd();
  auto other = liveContainer(mode, database, root);
  if (!other) return other.takeError();
  auto process = ProcessHandle::open(other->state.process());
  if (!process) return withContext(process.takeError(), "container " + other->name);
  auto joined = process->openFile("ns/pid", O_RDONLY);
  if (joined) spec.sharedPid = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(joined->get());
  return joined;
}
}  // namespace

llvm::Error checkNamespaceModes(const HostConfig& config) {
  auto invalid = [](const llvm::Twine& what) { return fault(FaultKind::Invalid, what); };
  if (StringRef(config.ipcMode).starts_with(kOther))
    return fault(FaultKind::Unsupported, "not yet supported: --ipc " + printable(config.ipcMode) +
                                             "; containers share memory by --ipc host, or files by a volume");
  if (!isMode(config.ipcMode, {"none", "private", "shareable", kHost}))
    return invalid("invalid IPC mode: " + printable(config.ipcMode));
  if (!isMode(config.pidMode, {"", kHost})) return invalid("invalid PID mode: " + printable(config.pidMode));
  if (!config.utsMode.empty() && config.utsMode != kHost)
    return invalid("invalid UTS mode: " + printable(config.utsMode));
  if (config.cgroupnsMode != "private" && config.cgroupnsMode != kHost)
    return invalid("invalid cgroup mode: " + printable(config.cgroupnsMode));
  return llvm::Error::success();
}

llvm::Expected<UniqueFd> joinNamespaces(const Container& container, Database& database, const std::string& root,
                                        ContainerSpec& spec) {
  const HostConfig& config = container.hostConfig;
  if (config.utsMode == kHost) spec.sharedUts = "";
  if (config.ipcMode == kHost) shareIpcWithHost(spec);
  return joinPid(config.pidMode, database, root, spec);
}

}  // namespace strata::runtime

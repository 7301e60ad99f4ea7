#include "runtime/containers/container_plan.h"

#include "runtime/containers/container_limits.h"
#include "runtime/containers/container_privileges.h"
#include "runtime/oci/container_cgroup.h"
#include "runtime/spec/emulation.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

#include <csignal>
#include <cstring>

namespace strata::runtime {

namespace {
using llvm::StringRef;

/// As docker's, nothing in it is executed unless that was asked for.
std::string optionsOfTmpfs(StringRef asked) {
  llvm::SmallVector<StringRef> words;
  asked.split(words, ',', -1, false);
  if (llvm::is_contained(words, "exec")) return asked.str();
  return asked.empty() ? "noexec" : "noexec," + asked.str();
}

llvm::Expected<MountSpec> mountSpecOf(const ContainerMount& mount) {
  MountSpec spec;
  spec.target = mount.destination;
  spec.readOnly = !mount.readWrite;
  if (mount.source.empty()) {  // a tmpfs, or a volume that is one
    spec.kind = MountSpec::Kind::Tmpfs;
    spec.options = optionsOfTmpfs(mount.mode);
    return spec;
  }
  spec.source = mount.source;
  spec.options =
      (mount.nonRecursive ? "bind," : "rbind,") + (mount.propagation.empty() ? "rprivate" : mount.propagation);
  if (!pathExists(mount.source))
    return fault(FaultKind::NotFound, "mount source " + printable(mount.source) + " does not exist any more");
  return spec;
}

llvm::Error setHost(const Container& container, ContainerSpec& spec) {
  const HostConfig& config = container.hostConfig;
  spec.readOnlyRoot = config.readonlyRootfs;
  spec.cgroupPath = cgroupPathOf(container);
  spec.shmSize = config.ipcMode == "none" ? 0 : uint64_t(config.shmSize);
  spec.hostCgroups = config.cgroupnsMode == "host";
  spec.sysctls = config.sysctls;
  spec.annotations = config.annotations;
  spec.oomScoreAdj = int(config.oomScoreAdj);
  if (auto error = setPrivileges(config, spec)) return error;
  if (auto error = addDevices(config, spec)) return error;
  auto limits = resourceLimitsOf(config.limits, canMakeCgroups());
  if (!limits) return limits.takeError();
  spec.limits = std::move(*limits);
  if (!config.init.value_or(false)) return llvm::Error::success();
  auto init = findInitProgram();
  if (!init) return init.takeError();
  spec.init = std::move(*init);
  return llvm::Error::success();
}
}  // namespace

std::string cgroupPathOf(const Container& container) {
  return containerCgroupPath(container.id, container.hostConfig.cgroupParent);
}

llvm::Expected<ContainerSpec> specOf(const Container& container, const layerfs::Platform& platform, int rootFd) {
  const ContainerConfig& config = container.config;
  ContainerSpec spec;
  spec.argv = container.argv;
  spec.env = config.env;
  spec.workingDir = config.workingDir.empty() ? "/" : config.workingDir;
  spec.hostname = config.hostname;
  spec.terminal = config.terminal;
  spec.extraHosts = container.hostConfig.extraHosts;
  auto identity = resolveIdentity(config.user, rootFd);
  if (!identity) return withContext(identity.takeError(), "container's user");
  spec.identity = std::move(*identity);
  if (auto error = addGroups(container.hostConfig, rootFd, spec.identity)) return error;
  if (auto error = setHost(container, spec)) return error;
  for (const ContainerMount& mount : container.mounts) {
    auto one = mountSpecOf(mount);
    if (!one) return one.takeError();
    spec.mounts.push_back(std::move(*one));
  }
  if (auto error = prepareEmulation(platform, spec)) return error;
  return spec;
}

std::optional<int> signalFromName(StringRef text) {
  int number = 0;
  if (!text.getAsInteger(10, number)) return number > 0 && number <= SIGRTMAX ? std::optional(number) : std::nullopt;
  std::string upper = text.upper();
  StringRef name = upper;
  name.consume_front("SIG");
  for (int candidate = 1; candidate < SIGRTMIN; ++candidate) {
    const char* known = ::sigabbrev_np(candidate);
    if (known && name == known) return candidate;
  }
  int offset = 0;
  if (name == "RTMIN") return SIGRTMIN;
  if (name == "RTMAX") return SIGRTMAX;
  if (name.consume_front("RTMIN+") && !name.getAsInteger(10, offset) && offset <= SIGRTMAX - SIGRTMIN)
    return SIGRTMIN + offset;
  if (name.consume_front("RTMAX-") && !name.getAsInteger(10, offset) && offset <= SIGRTMAX - SIGRTMIN)
    return SIGRTMAX - offset;
  return std::nullopt;
}

int stopSignalOf(const Container& container) { return signalFromName(container.config.stopSignal).value_or(SIGTERM); }

}  // namespace strata::runtime

#include "runtime/sandbox/sandbox_plan.h"

#include "runtime/sandbox/mount_actions.h"
#include "runtime/spec/capabilities.h"
#include "runtime/spec/program.h"
#include "runtime/spec/seccomp.h"
#include "support/fault.h"
#include "support/user_namespace.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using llvm::StringRef;

/// The snapshot's root as a mount of our own. Kernels before 6.15 do not clone a detached mount: there the snapshot's
/// own is given away, which its descriptor survives.
llvm::Expected<UniqueFd> rootTree(const ContainerSpec& spec, layerfs::Snapshot& snapshot) {
  UniqueFd tree = cloneTree(snapshot.rootFd(), "", AT_EMPTY_PATH);
  if (!tree && errno == EPERM)
    return fault(FaultKind::Unsupported, "RUN needs the right to mount: run strata as root (CAP_SYS_ADMIN)");
  if (!tree && errno == EINVAL && snapshot.isDetachedMount())
    tree.reset(::fcntl(snapshot.rootFd(), F_DUPFD_CLOEXEC, 3));
  if (!tree) return errnoFault("clone the root's mount");
  // No device of an image or made with mknod works: the container has no device cgroup that would tell good from bad.
  uint64_t attributes = (spec.privileged ? 0 : MOUNT_ATTR_NODEV) | (spec.readOnlyRoot ? MOUNT_ATTR_RDONLY : 0);
  if (!setTreeAttributes(tree.get(), attributes)) return errnoFault("set the attributes of the root's mount");
  return tree;
}

std::vector<std::string> sandboxEnvironment(const ContainerSpec& spec) {
  std::vector<std::string> env = spec.env;
  if (llvm::none_of(env, [](StringRef entry) { return entry.starts_with("HOME="); }))
    env.push_back("HOME=" + spec.identity.home);
  return env;
}

std::vector<char*> pointersTo(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

unsigned lastCapability() {
  unsigned number = 0;
  while (number < 63 && ::prctl(PR_CAPBSET_READ, number + 1, 0, 0, 0) >= 0) ++number;
  return number;
}

llvm::Error addPrivileges(const ContainerSpec& spec, SandboxPlan& plan) {
  plan.uid = spec.identity.uid;
  plan.gid = spec.identity.gid;
  plan.groups = spec.identity.groups;
  plan.setsGroups = maySetGroups();
  plan.borrowsProc = !inInitialUserNamespace();
  plan.lastCapability = lastCapability();
  plan.capabilities = heldCapabilityBits();
  if (spec.privileged) return llvm::Error::success();
  plan.capabilities &= capabilityBits(defaultCapabilities());
  auto filter = seccompFilter(defaultCapabilities());
  if (!filter) return filter.takeError();
  plan.filter = *filter;
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<std::unique_ptr<PreparedSandbox>> prepareSandbox(const ContainerSpec& spec,
                                                                layerfs::Snapshot& snapshot) {
  if (spec.argv.empty()) return fault(FaultKind::Invalid, "no command to run");
  std::vector<EtcFile> etcFiles = etcFilesOf(spec);
  auto actions = actionsOf(spec, etcFiles);
  if (!actions) return actions.takeError();
  auto root = rootTree(spec, snapshot);
  if (!root) return root.takeError();
  auto points = MountPoints::make(snapshot.rootFd(), mountPointsOf(*actions));
  if (!points) return points.takeError();

  auto prepared = std::make_unique<PreparedSandbox>(
      PreparedSandbox{SandboxPlan(), sandboxEnvironment(spec), spec.argv, std::move(*points)});
  SandboxPlan& plan = prepared->plan;
  plan.root = std::move(*root);
  plan.files = stagedFiles(spec, etcFiles);
  plan.ulimits = spec.ulimits;
  plan.actions = std::move(*actions);
  plan.hostname = spec.hostname;
  plan.hasOwnNetwork = spec.network == NetworkMode::None;
  plan.workingDir = spec.workingDir.empty() ? "/" : spec.workingDir;
  plan.programs = programCandidates(spec.argv.front(), prepared->env);
  plan.argv = pointersTo(prepared->argv);
  plan.env = pointersTo(prepared->env);
  if (auto error = addPrivileges(spec, plan)) return error;
  return prepared;
}

}  // namespace strata::runtime

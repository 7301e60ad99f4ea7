#include "runtime/oci/host_cgroups.h"

#include "runtime/oci/cgroup_root.h"
#include "runtime/oci/container_cgroup.h"
#include "support/directory_entries.h"
#include "support/files.h"

#include <llvm/ADT/SmallVector.h>

#include <unistd.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

/// Files of limits are in every group but the topmost one.
bool limitsSwapUnified() {
  auto names = entriesOf(kCgroupRoot);
  if (!names) return llvm::consumeError(names.takeError()), false;
  for (const std::string& name : *names)
    if (pathExists(joinPath(joinPath(kCgroupRoot, name), "memory.swap.max"))) return true;
  return false;
}

void readUnified(HostCgroups& host) {
  host.version = CgroupVersion::Two;
  auto text = readFile(joinPath(kCgroupRoot, "cgroup.controllers"), 4096);
  if (!text) return llvm::consumeError(text.takeError());
  llvm::SmallVector<StringRef> names;
  StringRef(*text).trim().split(names, ' ', -1, false);
  for (StringRef name : names) host.controllers.insert(name.str());
  host.controllers.insert({"freezer", "devices"});  // without a controller of their own
  host.swap = limitsSwapUnified();
}

/// One directory a controller; "cpu,cpuacct" comes with links by its parts.
void readSeparate(HostCgroups& host) {
  auto names = entriesOf(kCgroupRoot);
  if (!names) return llvm::consumeError(names.takeError());
  for (const std::string& name : *names) {
    std::string directory = joinPath(kCgroupRoot, name);
    if (isCgroup2(directory))
      host.hybrid = true;
    else if (pathExists(joinPath(directory, "cgroup.procs")))
      host.controllers.insert(name);
  }
  if (!host.controllers.empty()) host.version = CgroupVersion::One;
  host.swap = pathExists(joinPath(kCgroupRoot, "memory/memory.memsw.limit_in_bytes"));
}
}  // namespace

HostCgroups hostCgroups() {
  HostCgroups host;
  host.writable = canMakeCgroups();
  if (isUnified())
    readUnified(host);
  else
    readSeparate(host);
  return host;
}

}  // namespace strata::runtime

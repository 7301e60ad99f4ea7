#include "runtime/oci/oci_runtime.h"

#include "support/fault.h"
#include "support/process.h"
#include "support/text.h"

#include <sched.h>
#include <sys/mount.h>
#include <cerrno>

namespace strata::runtime {

using llvm::StringRef;

namespace {
constexpr StringRef kKnown[] = {"crun", "runc"};
}  // namespace

llvm::Expected<OciRuntime> findOciRuntime(StringRef wanted) {
  if (!wanted.empty()) {
    if (auto path = findProgram(wanted)) return OciRuntime{wanted.substr(wanted.rfind('/') + 1).str(), *path};
    return fault(FaultKind::NotFound, "no OCI runtime '" + printable(wanted) + "'; install the package crun or runc");
  }
  std::vector<OciRuntime> installed = installedOciRuntimes();
  if (!installed.empty()) return installed.front();
  return fault(FaultKind::NotFound, "no OCI runtime is installed; install the package crun (or runc)");
}

std::vector<OciRuntime> installedOciRuntimes() {
  std::vector<OciRuntime> installed;
  for (StringRef name : kKnown)
    if (auto path = findProgram(name)) installed.push_back({name.str(), *path});
  return installed;
}

llvm::Error enterPrivateMounts() {
  if (::unshare(CLONE_NEWNS) != 0) {
    if (errno != EPERM) return errnoFault("make a mount namespace");
    return fault(FaultKind::Unsupported, "mounting needs more rights: run strata as root (CAP_SYS_ADMIN)");
  }
  // Slave, not private: what the host unmounts is not kept busy by us.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return errnoFault("keep mounts to ourselves");
  return llvm::Error::success();
}

}  // namespace strata::runtime

#include "runtime/containers/container_privileges.h"

#include "runtime/spec/capabilities.h"
#include "runtime/spec/seccomp_custom.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <cerrno>
#include <cstring>

namespace strata::runtime {

namespace {
using llvm::StringRef;

bool hasAppArmor() {
  auto enabled = readFile("/sys/module/apparmor/parameters/enabled", 16);
  if (enabled) return StringRef(*enabled).starts_with("Y");
  llvm::consumeError(enabled.takeError());
  return false;
}

llvm::Error setAppArmor(StringRef profile, ContainerSpec& spec) {
  spec.apparmorProfile.clear();  // the last one counts
  if (profile == "unconfined") return llvm::Error::success();
  if (!hasAppArmor())
    return fault(FaultKind::Unsupported,
                 "apparmor=" + printable(profile) + ": this host's kernel runs without AppArmor");
  spec.apparmorProfile = profile.str();
  return llvm::Error::success();
}

llvm::Error setSeccomp(StringRef profile, ContainerSpec& spec) {
  spec.seccomp.reset();
  spec.seccompUnconfined = profile == "unconfined";
  if (!spec.seccompUnconfined && profile != "builtin") {
    auto json = readSeccompProfile(profile, *spec.capabilities);
    if (!json) return json.takeError();
    spec.seccomp = std::move(*json);
  }
  return llvm::Error::success();
}

/// One --security-opt: KEY=VALUE, or docker's older KEY:VALUE.
llvm::Error applySecurityOption(StringRef text, ContainerSpec& spec) {
  size_t separator = text.find_first_of("=:");
  StringRef key = text.take_front(separator), value = separator == StringRef::npos ? "" : text.substr(separator + 1);
  if (key == "no-new-privileges") {
    auto wanted = separator == StringRef::npos ? std::optional(true) : booleanOf(value);
    if (!wanted) return fault(FaultKind::Invalid, "invalid --security-opt: \"" + printable(text) + "\"");
    spec.noNewPrivileges = *wanted;
    return llvm::Error::success();
  }
  if (key == "seccomp") return setSeccomp(value, spec);
  if (key == "apparmor") return setAppArmor(value, spec);
  if (text == "systempaths=unconfined") {
    spec.nothingMasked = true;
    return llvm::Error::success();
  }
  if (key == "label") {
    if (value == "disable") return llvm::Error::success();  // nothing is labelled
    return fault(FaultKind::Unsupported, "label=" + printable(value) + ": strata sets no SELinux labels");
  }
  return fault(FaultKind::Invalid, "invalid --security-opt 2: \"" + printable(text) + "\"");
}

std::optional<HostDevice> deviceAt(const std::string& host, const std::string& inContainer, StringRef access) {
  struct stat status;
  if (::stat(host.c_str(), &status) != 0 || !(S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))) return std::nullopt;
  HostDevice node;
  node.path = inContainer;
  node.type = S_ISBLK(status.st_mode) ? 'b' : 'c';
  node.major = major(status.st_rdev);
  node.minor = minor(status.st_rdev);
  node.mode = status.st_mode & 07777;
  node.uid = status.st_uid;
  node.gid = status.st_gid;
  node.access = access.str();
  return node;
}

/// All devices below a directory of the host. What runtimes make themselves is left to them.
void addDirectory(const std::string& host, const std::string& inContainer, StringRef access, int depth,
                  std::vector<HostDevice>& devices) {
  static constexpr StringRef kOfRuntime[] = {"pts",         "shm",    "fd",      "mqueue", ".lxc",
                                             ".lxd-mounts", ".udev",  "console", "null",   "zero",
                                             "full",        "random", "urandom", "tty",    "ptmx"};
  auto names = entriesOf(host);
  if (!names || depth == 0) return llvm::consumeError(names.takeError());
  for (const std::string& name : *names) {
    std::string path = joinPath(host, name), target = joinPath(inContainer, name);
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0 || (inContainer == "/dev" && llvm::is_contained(kOfRuntime, name)))
      continue;
    if (S_ISDIR(status.st_mode))
      addDirectory(path, target, access, depth - 1, devices);
    else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
      if (auto node = deviceAt(path, target, access)) devices.push_back(std::move(*node));
  }
}

llvm::Error addDevice(const ContainerDevice& device, std::vector<HostDevice>& devices) {
  constexpr int kDeepest = 8;
  struct stat status;
  if (::stat(device.pathOnHost.c_str(), &status) != 0)
    return fault(FaultKind::Invalid, "error gathering device information while adding custom device \"" +
                                         printable(device.pathOnHost) + "\": " + std::strerror(errno));
  if (S_ISDIR(status.st_mode)) {
    addDirectory(device.pathOnHost, device.pathInContainer, device.permissions, kDeepest, devices);
    return llvm::Error::success();
  }
  auto node = deviceAt(device.pathOnHost, device.pathInContainer, device.permissions);
  if (!node)
    return fault(FaultKind::Invalid, "error gathering device information while adding custom device \"" +
                                         printable(device.pathOnHost) + "\": not a device node");
  devices.push_back(std::move(*node));
  return llvm::Error::success();
}
}  // namespace

llvm::Error setPrivileges(const HostConfig& config, ContainerSpec& spec) {
  spec.privileged = config.privileged;
  auto capabilities = capabilitiesWith(config.capAdd, config.capDrop);
  if (!capabilities) return capabilities.takeError();
  spec.capabilities = std::move(*capabilities);
  for (const std::string& text : config.securityOpt)
    if (auto error = applySecurityOption(text, spec)) return error;
  spec.ulimits = config.ulimits;
  return llvm::Error::success();
}

llvm::Error addGroups(const HostConfig& config, int rootFd, Identity& identity) {
  for (const std::string& group : config.groupAdd) {
    uint32_t number = 0;
    if (StringRef(group).getAsInteger(10, number)) {
      auto found = resolveIdentity("0:" + group, rootFd);
      if (!found) return withContext(found.takeError(), "--group-add");
      number = found->gid;
    }
    if (!llvm::is_contained(identity.groups, number)) identity.groups.push_back(number);
  }
  return llvm::Error::success();
}

llvm::Error addDevices(const HostConfig& config, ContainerSpec& spec) {
  constexpr int kDeepest = 8;
  if (config.privileged) addDirectory("/dev", "/dev", "rwm", kDeepest, spec.devices);
  for (const ContainerDevice& device : config.devices) {
    std::vector<HostDevice> asked;
    if (auto error = addDevice(device, asked)) return error;
    for (HostDevice& node : asked) {
      llvm::erase_if(spec.devices, [&](const HostDevice& other) { return other.path == node.path; });
      spec.devices.push_back(std::move(node));
    }
  }
  return llvm::Error::success();
}

llvm::Expected<std::string> findInitProgram() {
  for (const char* name : {"docker-init", "tini-static", "catatonit"})
    if (auto path = findProgram(name)) return *path;
  return fault(FaultKind::NotFound, "--init needs a program that reaps; install the package tini (or catatonit)");
}

llvm::Error checkSysctl(StringRef name, const HostConfig& config) {
  static constexpr StringRef kOfIpc[] = {"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
                                         "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"};
  bool ofNetwork = name.starts_with("net."), ofIpc = llvm::is_contained(kOfIpc, name) || name.starts_with("fs.mqueue.");
  if (ofNetwork && config.networkMode == "host")
    return fault(FaultKind::Invalid, "sysctl \"" + printable(name) + "\" not allowed in host network namespace");
  if (ofIpc && config.ipcMode == "host")
    return fault(FaultKind::Invalid, "sysctl \"" + printable(name) + "\" not allowed in host ipc namespace");
  if (ofNetwork || ofIpc) return llvm::Error::success();
  return fault(FaultKind::Invalid,
               "sysctl '" + printable(name) + "' is not allowed: it belongs to the host as a whole");
}

}  // namespace strata::runtime

#include "cli/containers/security_options.h"

#include "cli/flag_fault.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_namespaces.h"
#include "runtime/containers/container_privileges.h"
#include "runtime/spec/capabilities.h"
#include "support/byte_size.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

namespace strata::cli {

namespace {
using llvm::StringRef;
constexpr uint64_t kLargestProfile = 4 << 20;

/// Of a seccomp profile the row keeps the text, as docker does: the file may go.
llvm::Expected<std::string> securityOption(const std::string& text) {
  StringRef path = text;
  if (!path.consume_front("seccomp=") && !path.consume_front("seccomp:")) return text;
  if (path == "unconfined" || path == "builtin") return text;
  auto profile = readFile(path.str(), kLargestProfile);
  if (!profile) return withContext(profile.takeError(), "opening seccomp profile (" + path.str() + ") failed");
  auto json = parseJson(*profile);
  if (!json) return withContext(json.takeError(), "compacting json for seccomp profile (" + path.str() + ") failed");
  return "seccomp=" + printJson(*json);
}

bool areDevicePermissions(StringRef text) {
  return !text.empty() && text.size() <= 3 && text.find_first_not_of("rwm") == StringRef::npos;
}

/// HOST[:CONTAINER[:rwm]], or HOST:rwm.
llvm::Expected<runtime::ContainerDevice> deviceFrom(const std::string& text) {
  llvm::SmallVector<StringRef> parts;
  StringRef(text).split(parts, ':');
  runtime::ContainerDevice device;
  device.pathOnHost = device.pathInContainer = parts[0].str();
  if (parts.size() == 2 && areDevicePermissions(parts[1]))
    device.permissions = parts[1].str();
  else if (parts.size() >= 2)
    device.pathInContainer = parts[1].str();
  if (parts.size() == 3) device.permissions = parts[2].str();
  if (parts.size() > 3 || parts[0].empty() || !areDevicePermissions(device.permissions))
    return unfitValue(text, "--device", "bad format for path: " + printable(text));
  if (!StringRef(device.pathInContainer).starts_with("/"))
    return unfitValue(text, "--device", printable(device.pathInContainer) + " is not an absolute path");
  return device;
}

llvm::Error decideSysctls(const SecurityTexts& texts, runtime::HostConfig& config) {
  for (StringRef text : texts.sysctls) {
    auto [name, value] = text.split('=');
    if (!text.contains('=')) return unfitValue(text, "--sysctl", "write NAME=VALUE");
    if (auto error = runtime::checkSysctl(name, config)) return error;
    config.sysctls[name.str()] = value.str();
  }
  return llvm::Error::success();
}

llvm::Error decideModes(const SecurityTexts& texts, runtime::HostConfig& config) {
  if (!texts.ipc.empty()) config.ipcMode = texts.ipc;
  if (!texts.cgroupns.empty()) config.cgroupnsMode = texts.cgroupns;
  config.pidMode = texts.pid;
  config.utsMode = texts.uts;
  config.cgroupParent = texts.cgroupParent;
  llvm::SmallVector<StringRef> parts;
  StringRef(config.cgroupParent).split(parts, '/');
  if (llvm::is_contained(parts, ".."))
    return fault(FaultKind::Invalid, "invalid cgroup parent '" + printable(config.cgroupParent) + "'");
  return runtime::checkNamespaceModes(config);
}

llvm::Error decideSizes(const SecurityTexts& texts, runtime::HostConfig& config) {
  if (!texts.shmSize.empty()) {
    auto bytes = parseByteSize(texts.shmSize);
    if (!bytes || *bytes > uint64_t(INT64_MAX)) {
      llvm::consumeError(bytes.takeError());
      return unfitValue(texts.shmSize, "--shm-size", "invalid size: '" + printable(texts.shmSize) + "'");
    }
    if (*bytes > 0) config.shmSize = int64_t(*bytes);
  }
  if (!texts.oomScoreAdj.empty() && (StringRef(texts.oomScoreAdj).getAsInteger(10, config.oomScoreAdj) ||
                                     config.oomScoreAdj < -1000 || config.oomScoreAdj > 1000))
    return unfitFlag("Invalid value " + printable(texts.oomScoreAdj) + ", range for oom score adj is [-1000, 1000]");
  for (const std::string& text : texts.ulimits) {
    auto ulimit = runtime::parseUlimit(text);
    if (!ulimit) return asFlagFault(ulimit.takeError());
    llvm::erase_if(config.ulimits, [&](const runtime::Ulimit& one) { return one.name == ulimit->name; });
    config.ulimits.push_back(std::move(*ulimit));
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Error decideSecurity(const SecurityTexts& texts, runtime::HostConfig& config) {
  config.privileged = texts.privileged;
  config.capAdd = texts.capAdd;
  config.capDrop = texts.capDrop;
  config.groupAdd = texts.groupAdd;
  for (const std::string& text : texts.securityOpt) {
    auto option = securityOption(text);
    if (!option) return option.takeError();
    config.securityOpt.push_back(std::move(*option));
  }
  for (const std::string& text : texts.devices) {
    auto device = deviceFrom(text);
    if (!device) return device.takeError();
    config.devices.push_back(std::move(*device));
  }
  for (StringRef text : texts.annotations) {
    auto [key, value] = text.split('=');
    config.annotations[key.str()] = value.str();
  }
  if (auto error = decideModes(texts, config)) return error;
  if (auto error = decideSysctls(texts, config)) return error;
  if (auto error = decideSizes(texts, config)) return error;
  if (texts.init) {
    config.init = true;
    if (auto error = runtime::findInitProgram().takeError()) return error;
  }
  runtime::ContainerSpec tried;  // what is wrong is said before anything is made
  return runtime::setPrivileges(config, tried);
}

void warnOfMissingCapabilities(const runtime::HostConfig& config, Session& session) {
  for (const std::string& text : config.capAdd) {
    auto asked = runtime::capabilitiesWith({text}, {"ALL"});
    if (!asked) return llvm::consumeError(asked.takeError());
    if (asked->size() == 1 && runtime::heldOf(*asked).empty())
      session.err() << "WARNING: strata itself runs without " << asked->front() << ": the container goes without it\n";
  }
}

void declareSecurity(Options& declared, SecurityTexts& texts) {
  declared.list("--annotation", texts.annotations, "Annotation for the OCI runtime (KEY=VALUE)", "map");
  declared.list("--cap-add", texts.capAdd, "Add a Linux capability (NET_ADMIN, or ALL)");
  declared.list("--cap-drop", texts.capDrop, "Drop a Linux capability");
  declared.text("--cgroup-parent", texts.cgroupParent, "The cgroup below which the container gets its own");
  declared.text("--cgroupns", texts.cgroupns, "Cgroup namespace: private or host (default private)");
  declared.list("--device", texts.devices, "Give the container a device (HOST[:PATH[:rwm]])");
  declared.list("--group-add", texts.groupAdd, "Further group of the process");
  declared.flag("--init", texts.init, "Run a small init before the process, which reaps and passes signals on");
  declared.text("--ipc", texts.ipc, "IPC namespace: private, none or host (default private)");
  declared.text("--oom-score-adj", texts.oomScoreAdj, "How soon it is ended for want of memory (-1000 to 1000)", "int");
  declared.text("--pid", texts.pid, "Pid namespace: host or container:NAME (default its own)");
  declared.flag("--privileged", texts.privileged, "All capabilities and devices, no seccomp, nothing masked");
  declared.list("--security-opt", texts.securityOpt,
                "seccomp=FILE|unconfined, no-new-privileges, apparmor=PROFILE, label=disable, systempaths=unconfined");
  declared.text("--shm-size", texts.shmSize, "Size of /dev/shm (default 64m)", "bytes");
  declared.list("--sysctl", texts.sysctls, "Setting of the container's own kernel namespaces (NAME=VALUE)", "map");
  declared.list("--ulimit", texts.ulimits, "Limit of each process (NAME=SOFT[:HARD])", "ulimit");
  declared.text("--uts", texts.uts, "UTS namespace: host (default its own)");
}

}  // namespace strata::cli

// config.json of an OCI bundle. Source: OCI runtime-spec v1.1, config.md and config-linux.md; docker's default mounts
// and device rules.

#include "runtime/spec/capabilities.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/oci_resources.h"
#include "runtime/spec/seccomp.h"
#include "support/user_namespace.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Base64.h>

#include <sys/stat.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;

/// Where docker has the program of --init.
constexpr StringRef kInit = "/sbin/docker-init";

Array texts(llvm::ArrayRef<StringRef> values) { return Array(values); }
Array texts(llvm::ArrayRef<std::string> values) { return Array(values); }
Object mapJson(const std::map<std::string, std::string>& pairs) {
  Object json;
  for (const auto& [key, value] : pairs) json[llvm::json::fixUTF8(key)] = llvm::json::fixUTF8(value);
  return json;
}

/// Without a device cgroup nobody tells good devices from bad: then the container may make none.
std::vector<StringRef> capabilitiesOf(const ContainerSpec& spec, bool withCgroup) {
  llvm::ArrayRef<StringRef> chosen = spec.capabilities ? llvm::ArrayRef(*spec.capabilities) : defaultCapabilities();
  std::vector<StringRef> names = heldOf(spec.privileged ? allCapabilities() : chosen);
  if (!withCgroup && !spec.privileged) llvm::erase(names, StringRef("CAP_MKNOD"));
  return names;
}

std::vector<std::string> ociEnvironment(const ContainerSpec& spec) {
  std::vector<std::string> env = spec.env;
  auto addMissing = [&](StringRef name, StringRef value) {
    auto isIt = [&](StringRef entry) { return entry.consume_front(name) && entry.starts_with("="); };
    if (llvm::none_of(env, isIt)) env.push_back((name + "=" + value).str());
  };
  if (!spec.hostname.empty()) addMissing("HOSTNAME", spec.hostname);
  if (spec.terminal) addMissing("TERM", "xterm");
  addMissing("HOME", spec.identity.home);
  return env;
}

Array rlimitsJson(llvm::ArrayRef<Ulimit> ulimits) {
  Array json;
  for (const Ulimit& one : ulimits)
    json.push_back(Object{{"type", "RLIMIT_" + StringRef(one.name).upper()}, {"soft", one.soft}, {"hard", one.hard}});
  return json;
}

Array argumentsOf(const ContainerSpec& spec) {
  Array arguments;
  if (!spec.init.empty()) arguments = Array{kInit, "--"};
  for (const std::string& argument : spec.argv) arguments.push_back(argument);
  return arguments;
}

Object processJson(const ContainerSpec& spec, bool withCgroup) {
  std::vector<StringRef> capabilities = capabilitiesOf(spec, withCgroup);
  Object user{{"uid", spec.identity.uid}, {"gid", spec.identity.gid}, {"umask", 0022}};
  Array groups;
  for (uint32_t group : spec.identity.groups) groups.push_back(int64_t(group));
  user["additionalGids"] = std::move(groups);
  Object sets{{"bounding", texts(capabilities)}};
  // As docker: another user starts without capabilities, and gets those of the set by setuid programs alone.
  if (spec.identity.uid == 0) {
    sets["effective"] = texts(capabilities);
    sets["permitted"] = texts(capabilities);
  }
  Object json{{"terminal", spec.terminal},
              {"user", std::move(user)},
              {"args", argumentsOf(spec)},
              {"env", texts(ociEnvironment(spec))},
              {"cwd", spec.workingDir.empty() ? "/" : spec.workingDir},
              {"capabilities", std::move(sets)},
              {"noNewPrivileges", spec.noNewPrivileges}};
  if (!spec.ulimits.empty()) json["rlimits"] = rlimitsJson(spec.ulimits);
  if (!spec.apparmorProfile.empty()) json["apparmorProfile"] = spec.apparmorProfile;
  if (spec.oomScoreAdj != 0) json["oomScoreAdj"] = spec.oomScoreAdj;
  if (spec.terminal && spec.terminalRows && spec.terminalColumns)
    json["consoleSize"] = Object{{"height", spec.terminalRows}, {"width", spec.terminalColumns}};
  return json;
}

Object mountJson(StringRef target, StringRef type, StringRef source, std::vector<std::string> options) {
  // Owned: a StringRef would be borrowed by the value.
  return Object{
      {"destination", target.str()}, {"type", type.str()}, {"source", source.str()}, {"options", Array(options)}};
}

std::vector<std::string> optionsOf(const MountSpec& mount, std::vector<std::string> options) {
  llvm::SmallVector<StringRef> words;
  StringRef(mount.options).split(words, ',', -1, false);
  // Not every runtime lets a later "exec" undo an earlier "noexec".
  auto isUndone = [&](StringRef option) { return option.consume_front("no") && llvm::is_contained(words, option); };
  llvm::erase_if(options, isUndone);
  for (StringRef word : words) options.push_back(word.str());
  if (mount.readOnly) options.push_back("ro");
  return options;
}

Object userMountJson(const MountSpec& mount) {
  switch (mount.kind) {
    case MountSpec::Kind::Proc:
      return mountJson(mount.target, "proc", "proc", optionsOf(mount, {"nosuid", "noexec", "nodev"}));
    case MountSpec::Kind::Sysfs:
      return mountJson(mount.target, "sysfs", "sysfs", optionsOf(mount, {"nosuid", "noexec", "nodev"}));
    case MountSpec::Kind::Mqueue:
      return mountJson(mount.target, "mqueue", "mqueue", optionsOf(mount, {"nosuid", "noexec", "nodev"}));
    case MountSpec::Kind::Devpts:
      return mountJson(mount.target, "devpts", "devpts", optionsOf(mount, {"nosuid", "noexec", "newinstance"}));
    case MountSpec::Kind::Tmpfs:
      return mountJson(mount.target, "tmpfs", "tmpfs", optionsOf(mount, {"nosuid", "nodev"}));
    case MountSpec::Kind::Bind:
      break;
  }
  std::string source = mount.sourceFd < 0 ? mount.source : "/proc/self/fd/" + std::to_string(mount.sourceFd);
  std::vector<std::string> usual;
  if (mount.options.empty()) usual = {"rbind", "rprivate"};
  return mountJson(mount.target, "bind", source, optionsOf(mount, usual));
}

Array mountsJson(const ContainerSpec& spec, bool withCgroup) {
  std::vector<std::pair<std::string, Object>> mounts;
  auto add = [&](StringRef target, StringRef type, std::vector<std::string> options) {
    if (llvm::none_of(spec.mounts, [&](const MountSpec& mount) { return mount.target == target; }))
      mounts.emplace_back(target.str(), mountJson(target, type, type, std::move(options)));
  };
  std::string access = spec.privileged ? "rw" : "ro";
  add("/proc", "proc", {"nosuid", "noexec", "nodev"});
  add("/dev", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"});
  std::vector<std::string> terminals = {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  if (isGroupMapped(5)) terminals.emplace_back("gid=5");
  add("/dev/pts", "devpts", std::move(terminals));
  if (spec.shmSize > 0)
    add("/dev/shm", "tmpfs", {"nosuid", "noexec", "nodev", "mode=1777", "size=" + std::to_string(spec.shmSize)});
  add("/dev/mqueue", "mqueue", {"nosuid", "noexec", "nodev"});
  // sysfs shows a network, and the host's is not for a user namespace's root to show anew.
  bool borrowsSys = spec.network == NetworkMode::Host && spec.networkPath.empty() && !inInitialUserNamespace();
  if (borrowsSys)
    mounts.emplace_back("/sys",
                        mountJson("/sys", "bind", "/sys", {"rbind", "rslave", "nosuid", "noexec", "nodev", "ro"}));
  else
    add("/sys", "sysfs", {"nosuid", "noexec", "nodev", access});
  if (withCgroup) add("/sys/fs/cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", access});
  for (const MountSpec& mount : spec.mounts) mounts.emplace_back(mount.target, userMountJson(mount));
  if (!spec.init.empty()) mounts.emplace_back(kInit, mountJson(kInit, "bind", spec.init, {"bind", "ro"}));
  llvm::stable_sort(mounts, [](const auto& left, const auto& right) { return left.first < right.first; });
  Array json;
  for (auto& [target, mount] : mounts) json.push_back(std::move(mount));
  return json;
}

Array devicesJson(llvm::ArrayRef<HostDevice> devices) {
  Array json;
  for (const HostDevice& device : devices)
    json.push_back(Object{{"path", device.path},
                          {"type", std::string(1, device.type)},
                          {"major", device.major},
                          {"minor", device.minor},
                          {"fileMode", device.mode},
                          {"uid", device.uid},
                          {"gid", device.gid}});
  return json;
}

Array namespacesJson(const ContainerSpec& spec, bool withCgroup) {
  Array json{Object{{"type", "mount"}}};
  auto add = [&](const char* type, const std::optional<std::string>& shared) {
    if (!shared)
      json.push_back(Object{{"type", type}});
    else if (!shared->empty())
      json.push_back(Object{{"type", type}, {"path", *shared}});
  };
  add("pid", spec.sharedPid);
  add("ipc", spec.sharedIpc);
  add("uts", spec.sharedUts);
  if (!spec.networkPath.empty())
    json.push_back(Object{{"type", "network"}, {"path", spec.networkPath}});
  else if (spec.network == NetworkMode::None)
    json.push_back(Object{{"type", "network"}});
  if (withCgroup && !spec.hostCgroups) json.push_back(Object{{"type", "cgroup"}});
  return json;
}

void addConfinement(const ContainerSpec& spec, bool withCgroup, Object& json) {
  if (spec.privileged) {  // no confinement but the one that was asked for
    if (spec.seccomp) json["seccomp"] = Object(*spec.seccomp);
    return;
  }
  if (!spec.nothingMasked) {
    json["maskedPaths"] = texts(maskedPaths());
    json["readonlyPaths"] = texts(readOnlyPaths());
  }
  if (spec.seccompUnconfined) return;
  json["seccomp"] =
      spec.seccomp ? llvm::json::Value(Object(*spec.seccomp)) : seccompJson(capabilitiesOf(spec, withCgroup));
}

/// A mount that is to hear of later mounts of the host must not be cut off from them before.
StringRef rootPropagation(const ContainerSpec& spec) {
  auto follows = [](const MountSpec& mount) { return StringRef(mount.options).contains("slave"); };
  return llvm::any_of(spec.mounts, follows) ? "rslave" : "rprivate";
}

Object linuxJson(const ContainerSpec& spec, bool withCgroup) {
  Object json{{"namespaces", namespacesJson(spec, withCgroup)}, {"rootfsPropagation", rootPropagation(spec)}};
  if (withCgroup && !spec.cgroupPath.empty()) json["cgroupsPath"] = spec.cgroupPath;
  if (withCgroup) {
    Object resources = ociResources(spec.limits);
    resources["devices"] = ociDeviceRules(spec);
    json["resources"] = std::move(resources);
  }
  if (!spec.devices.empty()) json["devices"] = devicesJson(spec.devices);
  if (!spec.sysctls.empty()) json["sysctl"] = mapJson(spec.sysctls);
  addConfinement(spec, withCgroup, json);
  return json;
}

/// crun takes a compiled filter in place of linux.seccomp, which saves it 10 ms of compiling; other runtimes, and a
/// crun that no longer knows the annotation, compile the profile.
void addCompiledFilter(const ContainerSpec& spec, bool withCgroup, Object& annotations) {
  if (spec.privileged || spec.seccompUnconfined || spec.seccomp) return;
  auto filter = seccompFilter(capabilitiesOf(spec, withCgroup));
  if (!filter) return llvm::consumeError(filter.takeError());
  annotations["run.oci.seccomp_bpf_data"] = llvm::encodeBase64(*filter);
}
}  // namespace

llvm::json::Value ociProcess(const ContainerSpec& spec, bool withCgroup) { return processJson(spec, withCgroup); }

llvm::json::Value ociConfig(const ContainerSpec& spec, const std::string& rootPath, bool withCgroup) {
  Object json{{"ociVersion", "1.0.2"},
              {"process", processJson(spec, withCgroup)},
              {"root", Object{{"path", rootPath}, {"readonly", spec.readOnlyRoot}}},
              {"mounts", mountsJson(spec, withCgroup)},
              {"linux", linuxJson(spec, withCgroup)}};
  if (!spec.hostname.empty() && !spec.sharedUts) json["hostname"] = spec.hostname;
  Object annotations = mapJson(spec.annotations);
  addCompiledFilter(spec, withCgroup, annotations);
  if (!annotations.empty()) json["annotations"] = std::move(annotations);
  return json;
}

}  // namespace strata::runtime

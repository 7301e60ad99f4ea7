// config.json of an OCI bundle. Source: OCI runtime-spec v1.1, config.md and config-linux.md; docker's default mounts
// and device rules.

#include "runtime/spec/capabilities.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/seccomp.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Base64.h>

#include <sys/stat.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;

Array texts(llvm::ArrayRef<StringRef> values) { return Array(values); }
Array texts(llvm::ArrayRef<std::string> values) { return Array(values); }

/// Without a device cgroup nobody tells good devices from bad: then the container may make none.
std::vector<StringRef> capabilitiesOf(const ContainerSpec& spec, bool withCgroup) {
  std::vector<StringRef> names = heldOf(spec.privileged ? allCapabilities() : defaultCapabilities());
  if (!withCgroup && !spec.privileged) llvm::erase(names, StringRef("CAP_MKNOD"));
  return names;
}

std::vector<std::string> environmentOf(const ContainerSpec& spec) {
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
              {"args", texts(spec.argv)},
              {"env", texts(environmentOf(spec))},
              {"cwd", spec.workingDir.empty() ? "/" : spec.workingDir},
              {"capabilities", std::move(sets)},
              {"noNewPrivileges", false}};
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
  add("/dev/pts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"});
  add("/dev/shm", "tmpfs", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"});
  add("/dev/mqueue", "mqueue", {"nosuid", "noexec", "nodev"});
  add("/sys", "sysfs", {"nosuid", "noexec", "nodev", access});
  if (withCgroup) add("/sys/fs/cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", access});
  for (const MountSpec& mount : spec.mounts) mounts.emplace_back(mount.target, userMountJson(mount));
  llvm::stable_sort(mounts, [](const auto& left, const auto& right) { return left.first < right.first; });
  Array json;
  for (auto& [target, mount] : mounts) json.push_back(std::move(mount));
  return json;
}

Object deviceRule(bool allow, StringRef type, int64_t major, int64_t minor, StringRef access) {
  Object rule{{"allow", allow}, {"access", access}};
  if (!type.empty()) rule["type"] = type;
  if (major >= 0) rule["major"] = major;
  if (minor >= 0) rule["minor"] = minor;
  return rule;
}

/// docker's rules: nodes may be made, but only the harmless ones opened.
Array deviceRules(bool privileged) {
  if (privileged) return Array{deviceRule(true, "", -1, -1, "rwm")};
  Array rules{deviceRule(false, "", -1, -1, "rwm"), deviceRule(true, "c", -1, -1, "m"),
              deviceRule(true, "b", -1, -1, "m")};
  for (auto [major, minor] : {std::pair(1, 3), {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}, {136, -1}})
    rules.push_back(deviceRule(true, "c", major, minor, "rwm"));
  return rules;
}

/// A mount that is to hear of later mounts of the host must not be cut off from them before.
StringRef rootPropagation(const ContainerSpec& spec) {
  auto follows = [](const MountSpec& mount) { return StringRef(mount.options).contains("slave"); };
  return llvm::any_of(spec.mounts, follows) ? "rslave" : "rprivate";
}

Object linuxJson(const ContainerSpec& spec, bool withCgroup) {
  Array namespaces;
  for (const char* type : {"mount", "pid", "ipc", "uts"}) namespaces.push_back(Object{{"type", type}});
  if (!spec.networkPath.empty())
    namespaces.push_back(Object{{"type", "network"}, {"path", spec.networkPath}});
  else if (spec.network == NetworkMode::None)
    namespaces.push_back(Object{{"type", "network"}});
  if (withCgroup) namespaces.push_back(Object{{"type", "cgroup"}});
  Object json{{"namespaces", std::move(namespaces)}, {"rootfsPropagation", rootPropagation(spec)}};
  if (withCgroup && !spec.cgroupPath.empty()) json["cgroupsPath"] = spec.cgroupPath;
  if (withCgroup) json["resources"] = Object{{"devices", deviceRules(spec.privileged)}};
  if (spec.privileged) return json;
  json["maskedPaths"] = texts(maskedPaths());
  json["readonlyPaths"] = texts(readOnlyPaths());
  json["seccomp"] = seccompJson(capabilitiesOf(spec, withCgroup));
  return json;
}
/// crun takes a compiled filter in place of linux.seccomp, which saves it 10 ms of compiling; other runtimes, and a
/// crun that no longer knows the annotation, compile the profile.
void addCompiledFilter(const ContainerSpec& spec, bool withCgroup, Object& config) {
  auto filter = seccompFilter(capabilitiesOf(spec, withCgroup));
  if (!filter) return llvm::consumeError(filter.takeError());
  config["annotations"] = Object{{"run.oci.seccomp_bpf_data", llvm::encodeBase64(*filter)}};
}
}  // namespace

llvm::json::Value ociProcess(const ContainerSpec& spec, bool withCgroup) { return processJson(spec, withCgroup); }

llvm::json::Value ociConfig(const ContainerSpec& spec, const std::string& rootPath, bool withCgroup) {
  Object json{{"ociVersion", "1.0.2"},
              {"process", processJson(spec, withCgroup)},
              {"root", Object{{"path", rootPath}, {"readonly", spec.readOnlyRoot}}},
              {"mounts", mountsJson(spec, withCgroup)},
              {"linux", linuxJson(spec, withCgroup)}};
  if (!spec.hostname.empty()) json["hostname"] = spec.hostname;
  if (!spec.privileged) addCompiledFilter(spec, withCgroup, json);
  return json;
}

}  // namespace strata::runtime

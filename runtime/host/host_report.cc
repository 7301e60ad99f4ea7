#include "runtime/host/host_report.h"

#include "runtime/containers/container_privileges.h"
#include "runtime/networks/netavark.h"
#include "runtime/networks/user_network.h"
#include "runtime/oci/host_cgroups.h"
#include "runtime/oci/oci_runtime.h"
#include "runtime/rootless/ordinary_user.h"
#include "runtime/spec/capabilities.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/emulation.h"
#include "runtime/spec/seccomp.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/user_namespace.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

#include <sys/utsname.h>
#include <unistd.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using State = HostFact::State;

/// As what we stand before the kernel.
struct Standing {
  bool isRoot = ::geteuid() == 0;          ///< of the host or of a user namespace
  bool isHost = inInitialUserNamespace();  ///< numbers of users are the host's
  bool mayMount = isRoot && (heldCapabilityBits() & capabilityBits(StringRef("CAP_SYS_ADMIN"))) != 0;
  bool isOrdinary() const { return !isRoot || !isHost; }
};

std::string trimmedFile(const char* path) {
  auto text = readFile(path, 4096);
  if (text) return StringRef(*text).trim().str();
  llvm::consumeError(text.takeError());
  return "";
}

HostFact kernelFact() {
  utsname name{};
  ::uname(&name);
  unsigned major = 0;
  bool isOld = !StringRef(name.release).split('.').first.getAsInteger(10, major) && major < 6;
  return {"kernel", isOld ? State::Limited : State::Good, name.release,
          isOld ? "Linux 6.12 or later mounts layers without unpacking them" : ""};
}

/// Of uid_map or gid_map: "0 1001 1", "1 100000 65536": how many there are.
uint64_t countIn(const char* file) {
  uint64_t all = 0;
  llvm::SmallVector<StringRef> lines, fields;
  std::string map = trimmedFile(file);
  StringRef(map).split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    fields.clear();
    line.split(fields, ' ', -1, false);
    uint64_t count = 0;
    if (fields.size() == 3 && !fields[2].getAsInteger(10, count)) all += count;
  }
  return all;
}

/// What a user namespace lacks, most of all: a file of an image belongs to a user and to a group.
std::string moreUsers(uint64_t users, uint64_t groups) {
  std::string wanted;
  if (users <= 1) wanted += " --add-subuids 100000-165535";
  if (groups <= 1) wanted += " --add-subgids 100000-165535";
  if (wanted.empty()) return "";
  return "more users and groups: install the package uidmap, and let root call 'usermod" + wanted + " USER'";
}

HostFact userFact(const Standing& standing) {
  if (standing.isRoot && standing.isHost) {
    if (standing.mayMount) return {"user", State::Good, "root", ""};
    return {"user", State::Limited, "root without the right to mount (CAP_SYS_ADMIN)",
            "if this is a container, start it with --privileged, or with --cap-add SYS_ADMIN --security-opt "
            "seccomp=unconfined "
            "--security-opt apparmor=unconfined"};
  }
  if (!standing.isRoot)
    return {"user", State::Limited, "ordinary user " + std::to_string(::geteuid()) + ", without a user namespace", ""};
  uint64_t users = countIn("/proc/self/uid_map"), groups = countIn("/proc/self/gid_map");
  std::string value = "root of a user namespace of " + std::to_string(users) + (users == 1 ? " user" : " users");
  if (groups != users) value += " and " + std::to_string(groups) + (groups == 1 ? " group" : " groups");
  std::string advice = moreUsers(users, groups);
  return {"user", advice.empty() ? State::Good : State::Limited, value, advice};
}

HostFact namespaceFact(const Standing& standing) {
  if (standing.isRoot && (!standing.isHost || standing.mayMount))
    return {"user namespaces", State::Good, standing.isHost ? "not needed" : "entered", ""};
  std::string advice;
  if (trimmedFile("/proc/sys/user/max_user_namespaces") == "0")
    advice = "sysctl -w user.max_user_namespaces=15000";
  else if (trimmedFile("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    advice = "sysctl -w kernel.unprivileged_userns_clone=1";
  else if (trimmedFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    advice = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  else
    advice = "if this is a container, start it with --security-opt seccomp=unconfined";
  return {"user namespaces", State::Missing, "may not be made", advice};
}

HostFact mappersFact(const Standing& standing) {
  bool there = findProgram("newuidmap") && findProgram("newgidmap");
  if (there) return {"newuidmap", State::Good, "installed", ""};
  return {"newuidmap", standing.isOrdinary() ? State::Missing : State::Good, "not installed",
          standing.isOrdinary() ? "install the package uidmap" : ""};
}

HostFact snapshotterFact(layerfs::Store* store, StringRef storeFault) {
  if (!store) return {"layers", State::Missing, storeFault.str(), "choose another place with --root or STRATA_ROOT"};
  auto snapshotter = store->snapshotter();
  if (!snapshotter) return {"layers", State::Missing, messageOf(snapshotter.takeError()), ""};
  auto form = store->layers().tarForm();
  std::string value = (*snapshotter)->name().str();
  if (form)
    value += ", " + layerfs::nameOf(*form).str();
  else
    llvm::consumeError(form.takeError());
  bool copies = (*snapshotter)->name() == "native";
  return {"layers", copies ? State::Limited : State::Good, value,
          copies ? "layers are copied: overlayfs needs the right to mount, and a store on ext4, xfs or btrfs" : ""};
}

HostFact cgroupFact() {
  HostCgroups host = hostCgroups();
  if (host.version == CgroupVersion::None)
    return {"control groups", State::Missing, "not mounted", "mount -t cgroup2 none /sys/fs/cgroup"};
  std::string value = host.version == CgroupVersion::Two ? "version 2"
                      : host.hybrid                      ? "version 1 (hybrid)"
                                                         : "version 1";
  value += ": " + llvm::join(host.controllers, " ");
  if (!host.writable)
    return {"control groups", State::Limited, value + "; not ours to make",
            "limits and pause need them: run strata as root, or in a cgroup of version 2 that is delegated to you"};
  if (!host.swap) return {"control groups", State::Good, value + "; swap is not counted", ""};
  return {"control groups", State::Good, value, ""};
}

HostFact runtimeFact() {
  std::vector<std::string> names;
  for (const OciRuntime& one : installedOciRuntimes()) names.push_back(one.path);
  if (names.empty()) return {"OCI runtime", State::Missing, "none", "install the package crun (or runc)"};
  return {"OCI runtime", State::Good, llvm::join(names, ", "), ""};
}

HostFact seccompFact() {
  auto filter = seccompFilter(defaultCapabilities());
  if (filter) return {"seccomp", State::Good, "default profile", ""};
  return {"seccomp", State::Missing, messageOf(filter.takeError()), ""};
}

HostFact programFact(std::string name, llvm::ArrayRef<const char*> programs, bool needed, std::string advice) {
  std::vector<std::string> found, missing;
  for (const char* program : programs)
    if (auto path = findProgram(program))
      found.push_back(*path);
    else
      missing.emplace_back(program);
  if (missing.empty()) return {std::move(name), State::Good, llvm::join(found, ", "), ""};
  return {std::move(name), needed ? State::Missing : State::Good, "without " + llvm::join(missing, ", "),
          needed ? std::move(advice) : ""};
}

HostFact netavarkFact(bool needed) {
  auto path = findNetavark();
  if (path) return {"netavark", State::Good, *path, ""};
  llvm::consumeError(path.takeError());
  return {"netavark", needed ? State::Missing : State::Good, "not installed",
          needed ? "install the packages netavark and aardvark-dns" : ""};
}

HostFact userNetworkFact(bool needed) {
  auto path = findUserNetworkProgram();
  if (path) return {"slirp4netns", State::Good, *path, ""};
  std::string why = messageOf(path.takeError());
  return {"slirp4netns", needed ? State::Missing : State::Good, needed ? "cannot be used" : "not needed",
          needed ? why : ""};
}

HostFact initFact() {
  auto init = findInitProgram();
  if (init) return {"init", State::Good, *init, ""};
  llvm::consumeError(init.takeError());
  return {"init", State::Limited, "none", "--init needs the package tini"};
}

HostFact platformFact() {
  std::vector<std::string> names;
  for (const layerfs::Platform& platform : runnablePlatforms()) names.push_back(platform.str());
  return {"platforms", State::Good, llvm::join(names, ", "), ""};
}

HostFact fuseFact() {
  bool there = pathExists("/dev/fuse");
  return {"fuse", State::Good, there ? "/dev/fuse, which strata does not need" : "none, which strata does not need",
          ""};
}

Ability abilityOf(const char* name, bool able, StringRef how, StringRef whyNot) {
  return {name, able, able ? how.str() : whyNot.str()};
}

std::vector<Ability> abilitiesOf(const Standing& standing, llvm::ArrayRef<HostFact> facts) {
  auto is = [&](StringRef name) {
    return llvm::find_if(facts, [&](const HostFact& fact) { return fact.name == name; })->state != State::Missing;
  };
  bool layers = is("layers"), runs = layers && standing.mayMount;
  StringRef noRights = "there is no right to make namespaces: see 'user' and 'user namespaces'";
  StringRef rootless = standing.isHost ? "as root" : "as root of a user namespace";
  bool networks = standing.isHost ? is("netavark") && is("iptables") : is("slirp4netns");
  bool limits = hostCgroups().writable;
  return {
      abilityOf("build without RUN", layers && standing.isRoot, rootless,
                layers ? "only COPY --link and what changes the configuration alone: see 'user namespaces'"
                       : "there is no place for layers"),
      abilityOf("build with RUN", runs, "in strata's own sandbox, " + rootless.str(),
                layers ? noRights : "see 'layers'"),
      abilityOf("run containers", runs && is("OCI runtime"), rootless, runs ? "there is no OCI runtime" : noRights),
      abilityOf("networks of containers", runs && networks, standing.isHost ? "bridges, by netavark" : "slirp4netns",
                runs ? "only --network host and none" : noRights),
      abilityOf("limits and pause", runs && limits, "by control groups", "there are no control groups to make")};
}
}  // namespace

StringRef nameOf(State state) {
  switch (state) {
    case State::Good:
      return "good";
    case State::Limited:
      return "limited";
    case State::Missing:
      break;
  }
  return "missing";
}

bool HostReport::isUsable() const {
  constexpr StringRef kNeeded[] = {"build without RUN", "build with RUN", "run containers"};
  return llvm::all_of(abilities,
                      [&](const Ability& one) { return one.able || !llvm::is_contained(kNeeded, one.name); });
}

HostReport examineHost(layerfs::Store* store, StringRef storeFault) {
  Standing standing;
  bool bridges = standing.isRoot && standing.isHost;
  HostReport report;
  report.facts = {kernelFact(),
                  userFact(standing),
                  namespaceFact(standing),
                  mappersFact(standing),
                  snapshotterFact(store, storeFault),
                  cgroupFact(),
                  runtimeFact(),
                  seccompFact(),
                  netavarkFact(bridges),
                  programFact("iptables", {"iptables"}, bridges, "install the package iptables"),
                  userNetworkFact(!bridges),
                  initFact(),
                  platformFact(),
                  fuseFact()};
  report.abilities = abilitiesOf(standing, report.facts);
  return report;
}

}  // namespace strata::runtime

#include "runtime/oci/container_cgroup.h"

#include "runtime/oci/cgroup_root.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr StringRef kCgroupPrefix = "/strata-";
constexpr int kRemovalAttempts = 50;

/// The directories of `path` that there are.
std::vector<std::string> directoriesOf(const std::string& path) {
  if (isUnified()) return {kCgroupRoot + path};
  std::vector<std::string> directories;
  auto hierarchies = entriesOf(kCgroupRoot);
  if (!hierarchies) {
    llvm::consumeError(hierarchies.takeError());
    return {};
  }
  for (const std::string& name : *hierarchies) {
    std::string hierarchy = joinPath(kCgroupRoot, name);
    struct stat status;
    bool isLink = ::lstat(hierarchy.c_str(), &status) != 0 || S_ISLNK(status.st_mode);  // "cpu,cpuacct" by its parts
    if (!isLink && pathExists(hierarchy + path)) directories.push_back(hierarchy + path);
  }
  return directories;
}

/// crun, where the second version was unmounted for it (prepareHostFor), makes plain directories in its place.
bool isPlainDirectory(const std::string& directory) {
  struct statfs status;
  return ::statfs(directory.c_str(), &status) == 0 && status.f_type == TMPFS_MAGIC;
}

bool isBusy(const std::string& directory) { return ::rmdir(directory.c_str()) != 0 && errno == EBUSY; }

/// What was in a pid namespace of others outlived the container's first process.
void endMembers(const std::string& directory) {
  auto members = readFile(joinPath(directory, "cgroup.procs"), 1 << 20);
  if (!members) return llvm::consumeError(members.takeError());
  for (StringRef rest = *members; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    rest = next;
    if (pid_t pid = 0; !line.getAsInteger(10, pid) && pid > 0) ::kill(pid, SIGKILL);
  }
}

/// A process that has just ended keeps its group busy for an instant.
void removeGroup(const std::string& directory) {
  if (!isBusy(directory)) return;
  endMembers(directory);
  if (auto names = entriesOf(directory)) {
    for (const std::string& name : *names)
      if (std::string below = joinPath(directory, name); ::access((below + "/cgroup.procs").c_str(), F_OK) == 0)
        removeGroup(below);
  } else {
    llvm::consumeError(names.takeError());
  }
  for (int attempt = 0; attempt < kRemovalAttempts && isBusy(directory); ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

/// The number behind "oom_kill" in a file of "key value" lines.
uint64_t killsIn(const std::string& file) {
  auto text = readFile(file, 1 << 16);
  if (!text) {
    llvm::consumeError(text.takeError());
    return 0;
  }
  uint64_t kills = 0;
  for (StringRef rest = *text; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    rest = next;
    if (line.consume_front("oom_kill ")) line.trim().getAsInteger(10, kills);
  }
  return kills;
}
}  // namespace

bool canMakeCgroups() {
  // Of version 1 the tree for devices is asked for.
  return ::access(isUnified() ? kCgroupRoot : "/sys/fs/cgroup/devices", W_OK) == 0;
}

std::string containerCgroupPath(StringRef id, StringRef parent) {
  // Nothing is shared: what one container removes at its end another may be about to use.
  if (parent.empty()) return (kCgroupPrefix + id).str();
  return ("/" + parent.trim('/') + "/" + id).str();
}

void removeContainerCgroup(const std::string& path) {
  for (const std::string& directory : directoriesOf(path)) {
    if (isPlainDirectory(directory))
      llvm::consumeError(removeTree(directory));
    else
      removeGroup(directory);
  }
}

llvm::Error freezeContainer(const std::string& path, Freeze freeze) {
  bool unified = isUnified(), frozen = freeze == Freeze::Yes;
  std::string directory = joinPath(unified ? kCgroupRoot : "/sys/fs/cgroup/freezer", path);
  auto file = openFile(joinPath(directory, unified ? "cgroup.freeze" : "freezer.state"), O_WRONLY);
  if (!file) {
    llvm::consumeError(file.takeError());
    return fault(FaultKind::Unsupported,
                 "a container is paused by its control group, and it has none that can: " + directory);
  }
  StringRef state = unified ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED");
  if (::write(file->get(), state.data(), state.size()) < 0) return errnoFault("write to " + directory);
  return llvm::Error::success();
}

bool isFrozen(const std::string& path) {
  bool unified = isUnified();
  auto text = readFile(
      unified ? kCgroupRoot + path + "/cgroup.freeze" : "/sys/fs/cgroup/freezer" + path + "/freezer.state", 64);
  if (text) return StringRef(*text).trim() != (unified ? "0" : "THAWED");
  llvm::consumeError(text.takeError());
  return false;
}

bool metOutOfMemory(const std::string& path) {
  if (isUnified()) return killsIn(kCgroupRoot + path + "/memory.events") > 0;
  return killsIn(joinPath("/sys/fs/cgroup/memory", path) + "/memory.oom_control") > 0;
}

}  // namespace strata::runtime

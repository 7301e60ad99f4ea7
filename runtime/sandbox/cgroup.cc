#include "runtime/sandbox/cgroup.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr int kAttempts = 5;

struct Hierarchy {
  std::string path;  ///< where it is mounted
  bool unified = false;
  std::vector<std::string> controllers;
};

llvm::Expected<std::vector<Hierarchy>> mountedHierarchies() {
  auto mounts = readFile("/proc/self/mounts");
  if (!mounts) return mounts.takeError();
  std::vector<Hierarchy> found;
  llvm::SmallVector<StringRef> lines;
  StringRef(*mounts).split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    llvm::SmallVector<StringRef> fields, words;
    line.split(fields, ' ');
    if (fields.size() < 4 || (fields[2] != "cgroup" && fields[2] != "cgroup2")) continue;
    Hierarchy hierarchy{fields[1].str(), fields[2] == "cgroup2", {}};
    std::string controllers = fields[3].str();
    if (hierarchy.unified) {
      auto text = readFile(hierarchy.path + "/cgroup.controllers");
      if (!text) {
        llvm::consumeError(text.takeError());
        continue;
      }
      controllers = *text;
      std::replace(controllers.begin(), controllers.end(), ' ', ',');
    }
    StringRef(controllers).trim().split(words, ',', -1, false);
    for (StringRef word : words) hierarchy.controllers.push_back(word.str());
    found.push_back(std::move(hierarchy));
  }
  return found;
}

/// One line into a cgroup's file. These are no files to be replaced: the write itself is the request.
llvm::Error setValue(const std::string& directory, const char* name, const std::string& value) {
  std::string path = joinPath(directory, name);
  auto file = openFile(path, O_WRONLY);
  if (!file) return file.takeError();
  if (::write(file->get(), value.data(), value.size()) == ssize_t(value.size())) return llvm::Error::success();
  if (errno == EINVAL || errno == ERANGE)
    return fault(FaultKind::Invalid, "the kernel refuses " + printable(value) + " for " + name);
  return errnoFault("write " + printable(value) + " to " + path);
}

/// In version 1 a new cpuset is empty, and no process may join it.
llvm::Error inheritCpuset(const std::string& above, const std::string& directory) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    auto mine = readFile(joinPath(directory, name));
    if (!mine) return mine.takeError();
    if (!StringRef(*mine).trim().empty()) continue;
    auto theirs = readFile(joinPath(above, name));
    if (!theirs) return theirs.takeError();
    if (auto error = setValue(directory, name, StringRef(*theirs).trim().str())) return error;
  }
  return llvm::Error::success();
}

/// docker's shares (2 to 262144) on the scale of version 2 (1 to 10000).
uint64_t weightOf(uint64_t shares) { return 1 + (std::clamp<uint64_t>(shares, 2, 262144) - 2) * 9999 / 262142; }

std::string orMax(int64_t value) { return value < 0 ? "max" : std::to_string(value); }

llvm::Error limitMemory(const ResourceLimits& limits, const Hierarchy& in, const std::string& directory) {
  if (!in.unified) {
    if (limits.memory)
      if (auto error = setValue(directory, "memory.limit_in_bytes", std::to_string(limits.memory))) return error;
    return limits.memorySwap ? setValue(directory, "memory.memsw.limit_in_bytes", std::to_string(limits.memorySwap))
                             : llvm::Error::success();
  }
  if (limits.memory)
    if (auto error = setValue(directory, "memory.max", std::to_string(limits.memory))) return error;
  if (!limits.memorySwap) return llvm::Error::success();
  int64_t swap = limits.memorySwap < 0 ? -1 : limits.memorySwap - int64_t(limits.memory);
  return setValue(directory, "memory.swap.max", orMax(swap));
}

llvm::Error limitCpu(const ResourceLimits& limits, const Hierarchy& in, const std::string& directory) {
  if (in.unified) {
    if (limits.cpuShares)
      if (auto error = setValue(directory, "cpu.weight", std::to_string(weightOf(limits.cpuShares)))) return error;
    if (!limits.cpuQuota && !limits.cpuPeriod) return llvm::Error::success();
    std::string quota = limits.cpuQuota ? std::to_string(limits.cpuQuota) : "max";
    return setValue(directory, "cpu.max", quota + " " + std::to_string(limits.cpuPeriod ? limits.cpuPeriod : 100000));
  }
  const std::pair<const char*, uint64_t> values[] = {
      {"cpu.shares", limits.cpuShares}, {"cpu.cfs_period_us", limits.cpuPeriod}, {"cpu.cfs_quota_us", limits.cpuQuota}};
  for (auto [name, value] : values)
    if (value)
      if (auto error = setValue(directory, name, std::to_string(value))) return error;
  return llvm::Error::success();
}

llvm::Error limitCpuset(const ResourceLimits& limits, const std::string& directory) {
  if (!limits.cpusetCpus.empty())
    if (auto error = setValue(directory, "cpuset.cpus", limits.cpusetCpus)) return error;
  return limits.cpusetMems.empty() ? llvm::Error::success() : setValue(directory, "cpuset.mems", limits.cpusetMems);
}

std::vector<std::string> neededControllers(const ResourceLimits& limits) {
  std::vector<std::string> needed;
  if (limits.memory || limits.memorySwap) needed.push_back("memory");
  if (limits.cpuShares || limits.cpuPeriod || limits.cpuQuota) needed.push_back("cpu");
  if (!limits.cpusetCpus.empty() || !limits.cpusetMems.empty()) needed.push_back("cpuset");
  return needed;
}

/// Whether this process made it, for whichever step: the last one to leave removes it.
bool isOurs(const std::string& path, bool isNew) {
  static std::mutex mutex;
  static std::set<std::string> made;
  std::lock_guard lock(mutex);
  if (isNew) made.insert(path);
  return made.count(path) != 0;
}

/// The group's place in one hierarchy, and how it comes about there.
class GroupPlace {
public:
  GroupPlace(const Hierarchy& hierarchy, std::vector<std::string> wanted, std::vector<std::string>& made)
      : hierarchy_(hierarchy), wanted_(std::move(wanted)), made_(made), path_(hierarchy.path) {}

  llvm::Error descend(StringRef relative) {
    llvm::SmallVector<StringRef> parts;
    relative.split(parts, '/', -1, false);
    for (StringRef part : parts)
      if (auto error = enter(part)) return error;
    return llvm::Error::success();
  }

  llvm::Error limit(const ResourceLimits& limits) {
    for (const std::string& controller : wanted_) {
      llvm::Error error = controller == "memory" ? limitMemory(limits, hierarchy_, path_)
                          : controller == "cpu"  ? limitCpu(limits, hierarchy_, path_)
                                                 : limitCpuset(limits, path_);
      if (error) return error;
    }
    return llvm::Error::success();
  }

  llvm::Expected<UniqueFd> entrance() const { return openFile(joinPath(path_, "cgroup.procs"), O_WRONLY); }

private:
  llvm::Error enter(StringRef name) {
    if (hierarchy_.unified)
      for (const std::string& controller : wanted_)
        if (auto error = setValue(path_, "cgroup.subtree_control", "+" + controller))
          return fault(FaultKind::Unsupported, "the cgroup " + path_ + " hands on no " + controller +
                                                   " controller: " + messageOf(std::move(error)));
    std::string above = path_;
    path_ = joinPath(path_, name);
    bool isNew = ::mkdir(path_.c_str(), 0755) == 0;
    if (!isNew && errno != EEXIST) return errnoFault("make the cgroup " + path_);
    if (isOurs(path_, isNew)) made_.push_back(path_);
    bool isOldCpuset = !hierarchy_.unified && llvm::is_contained(hierarchy_.controllers, "cpuset");
    return isOldCpuset ? inheritCpuset(above, path_) : llvm::Error::success();
  }

  const Hierarchy& hierarchy_;
  std::vector<std::string> wanted_;
  std::vector<std::string>& made_;
  std::string path_;
};

llvm::Expected<std::string> relativePath(const ResourceLimits& limits) {
  static std::atomic<unsigned> counter{0};
  StringRef parent = limits.cgroupParent;
  llvm::SmallVector<StringRef> parts;
  parent.split(parts, '/', -1, false);
  if (llvm::is_contained(parts, "..") || parent.contains('\0'))
    return fault(FaultKind::Invalid, "invalid cgroup parent '" + printable(parent) + "'");
  std::string own = "strata-" + std::to_string(::getpid()) + "-" + std::to_string(++counter);
  return (parent.empty() ? "strata" : parent.str()) + "/" + own;
}
}  // namespace

llvm::Expected<Cgroup> Cgroup::make(const ResourceLimits& limits) {
  if (!limits.any()) return Cgroup();
  for (int attempt = 1;; ++attempt) {
    auto group = tryMake(limits);
    if (group) return group;
    auto error = group.takeError();
    // Whoever made the group above may have removed it just now.
    if (kindOf(error) != FaultKind::NotFound || attempt == kAttempts) return error;
    llvm::consumeError(std::move(error));
  }
}

llvm::Expected<Cgroup> Cgroup::tryMake(const ResourceLimits& limits) {
  Cgroup group;
  auto hierarchies = mountedHierarchies();
  if (!hierarchies) return hierarchies.takeError();
  auto path = relativePath(limits);
  if (!path) return path.takeError();
  std::vector<std::string> needed = neededControllers(limits);
  for (const Hierarchy& hierarchy : *hierarchies) {
    std::vector<std::string> wanted;
    for (const std::string& controller : hierarchy.controllers)
      if (llvm::is_contained(needed, controller)) wanted.push_back(controller);
    llvm::erase_if(needed, [&](const std::string& controller) { return llvm::is_contained(wanted, controller); });
    if (wanted.empty() && limits.cgroupParent.empty()) continue;
    GroupPlace place(hierarchy, wanted, group.made_);
    if (auto error = place.descend(*path)) return error;
    if (auto error = place.limit(limits)) return error;
    auto entrance = place.entrance();
    if (!entrance) return entrance.takeError();
    group.entrances_.push_back(std::move(*entrance));
  }
  if (!needed.empty())
    return fault(FaultKind::Unsupported, "this host's cgroups have no " + llvm::join(needed, " and no ") +
                                             " controller: that limit cannot be held to");
  if (group.entrances_.empty())
    return fault(FaultKind::Unsupported, "this host mounts no cgroups: --cgroup-parent has no meaning here");
  return group;
}

Cgroup::~Cgroup() {
  entrances_.clear();
  for (const std::string& path : llvm::reverse(made_)) {
    // Others may have their groups below one that we made. A process that was just reaped may count for a moment.
    bool isOwn = llvm::StringRef(path).rsplit('/').second.starts_with("strata-");
    for (int attempt = 0; ::rmdir(path.c_str()) != 0 && errno == EBUSY && isOwn && attempt < 20; ++attempt)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace strata::runtime

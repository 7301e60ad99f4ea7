#include "runtime/sandbox/mount_actions.h"

#include "runtime/spec/mount_points.h"
#include "runtime/spec/root_path.h"
#include "support/fault.h"
#include "support/user_namespace.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <cerrno>
#include <filesystem>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using ActionKind = MountAction::Kind;
constexpr uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
}  // namespace

UniqueFd cloneTree(int directory, const char* path, unsigned flags) {
  return UniqueFd(int(::syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
}

bool setTreeAttributes(int tree, uint64_t attributes) {
  mount_attr wanted{};
  wanted.attr_set = attributes;
  wanted.propagation = MS_PRIVATE;
  return ::syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted) == 0;
}

namespace {
MountAction newMount(std::string target, std::string type, uint64_t attributes,
                     std::vector<std::pair<std::string, std::string>> options = {}) {
  MountAction action;
  action.kind = ActionKind::New;
  action.target = std::move(target);
  action.source = std::move(type);
  action.attributes = attributes;
  action.options = std::move(options);
  return action;
}
/// Terminals belong to the group tty, where there is one.
MountAction terminals(std::string target, uint64_t attributes) {
  constexpr uint32_t kTty = 5;
  MountAction action = newMount(std::move(target), "devpts", attributes, {{"ptmxmode", "0666"}, {"mode", "0620"}});
  if (isGroupMapped(kTty)) action.options.emplace_back("gid", std::to_string(kTty));
  return action;
}
MountAction simple(ActionKind kind, std::string target, std::string source = "") {
  MountAction action;
  action.kind = kind;
  action.target = std::move(target);
  action.source = std::move(source);
  action.isDirectory = kind != ActionKind::Staged;
  return action;
}

/// "size=64m,mode=1777,noexec": words that are attributes of any mount apart from those of tmpfs.
void readTmpfsOptions(StringRef text, MountAction& action) {
  llvm::SmallVector<StringRef> words;
  text.split(words, ',', -1, false);
  for (StringRef word : words) {
    auto [key, value] = word.split('=');
    if (word == "ro")
      action.attributes |= MOUNT_ATTR_RDONLY;
    else if (word == "noexec")
      action.attributes |= MOUNT_ATTR_NOEXEC;
    else if (word == "rw" || word == "exec" || word == "nosuid" || word == "nodev")
      continue;
    else
      action.options.emplace_back(key.str(), value.str());
  }
}

uint64_t bindAttributes(const MountSpec& mount, bool privileged) {
  return (mount.readOnly ? MOUNT_ATTR_RDONLY : 0) | (privileged ? 0 : MOUNT_ATTR_NODEV);
}

/// A part of it is cut out by the child, when the whole stands somewhere.
llvm::Expected<MountAction> partAction(const MountSpec& mount, bool privileged) {
  MountAction action = simple(ActionKind::Tree, mount.target, mount.below);
  action.tree.reset(::fcntl(mount.sourceFd, F_DUPFD_CLOEXEC, 3));
  if (!action.tree || !setTreeAttributes(action.tree.get(), bindAttributes(mount, privileged)))
    return errnoFault("bind the source of " + mount.target);
  UniqueFd part(openInRoot(mount.sourceFd, mount.below.empty() ? "/" : mount.below.c_str(), O_PATH));
  struct stat status;
  if (!part || ::fstat(part.get(), &status) != 0) return errnoFault("bind the source of " + mount.target);
  action.isDirectory = S_ISDIR(status.st_mode);
  return action;
}

llvm::Expected<MountAction> bindAction(const MountSpec& mount, bool privileged) {
  if (mount.sourceIsMount) return partAction(mount, privileged);
  MountAction action = simple(ActionKind::Tree, mount.target);
  bool byFd = mount.sourceFd >= 0;
  action.tree =
      cloneTree(byFd ? mount.sourceFd : AT_FDCWD, byFd ? "" : mount.source.c_str(), AT_EMPTY_PATH | AT_RECURSIVE);
  std::string shown = byFd ? "the source of " + mount.target : mount.source;
  if (!action.tree) return errnoFault("bind " + shown);
  struct stat status;
  if (::fstat(action.tree.get(), &status) != 0) return errnoFault("bind " + shown);
  action.isDirectory = S_ISDIR(status.st_mode);
  if (!setTreeAttributes(action.tree.get(), bindAttributes(mount, privileged))) return errnoFault("bind " + shown);
  return action;
}

llvm::Expected<MountAction> userAction(const MountSpec& mount, bool privileged) {
  uint64_t readOnly = mount.readOnly ? MOUNT_ATTR_RDONLY : 0;
  switch (mount.kind) {
    case MountSpec::Kind::Bind:
      return bindAction(mount, privileged);
    case MountSpec::Kind::Proc:
      return newMount(mount.target, "proc", kQuiet | readOnly);
    case MountSpec::Kind::Sysfs:
      return newMount(mount.target, "sysfs", kQuiet | readOnly);
    case MountSpec::Kind::Mqueue:
      return newMount(mount.target, "mqueue", kQuiet | readOnly);
    case MountSpec::Kind::Devpts:
      return terminals(mount.target, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | readOnly);
    case MountSpec::Kind::Tmpfs:
      break;
  }
  MountAction tmpfs = newMount(mount.target, "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | readOnly);
  readTmpfsOptions(mount.options, tmpfs);
  return tmpfs;
}

/// The host's device nodes, for a privileged container; not what strata mounts below /dev itself.
void addHostDevices(std::vector<MountAction>& actions) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry("/dev", error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().native();
    struct stat status;
    if (entry.depth() == 0 && (name == "pts" || name == "shm" || name == "mqueue" || name == "fd")) {
      entry.disable_recursion_pending();
      continue;
    }
    if (::lstat(entry->path().c_str(), &status) != 0) continue;
    if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) continue;
    if (entry.depth() == 0 && (name == "ptmx" || name == "console")) continue;
    MountAction node = simple(ActionKind::Node, entry->path().native());
    node.mode = status.st_mode;
    node.device = status.st_rdev;
    actions.push_back(std::move(node));
  }
}

void addDev(std::vector<MountAction>& actions, bool privileged, uint64_t shmSize) {
  uint64_t noDevices = privileged ? 0 : MOUNT_ATTR_NODEV;
  actions.push_back(newMount("/dev", "tmpfs", MOUNT_ATTR_NOSUID | noDevices, {{"mode", "0755"}, {"size", "65536k"}}));
  actions.push_back(terminals("/dev/pts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  actions.push_back(newMount("/dev/shm", "tmpfs", kQuiet, {{"mode", "1777"}, {"size", std::to_string(shmSize)}}));
  actions.push_back(newMount("/dev/mqueue", "mqueue", kQuiet));
  static constexpr std::pair<const char*, const char*> kLinks[] = {{"/dev/fd", "/proc/self/fd"},
                                                                   {"/dev/stdin", "/proc/self/fd/0"},
                                                                   {"/dev/stdout", "/proc/self/fd/1"},
                                                                   {"/dev/stderr", "/proc/self/fd/2"},
                                                                   {"/dev/ptmx", "pts/ptmx"}};
  for (auto [path, text] : kLinks) actions.push_back(simple(ActionKind::Symlink, path, text));
  if (privileged) return addHostDevices(actions);
  for (const DeviceNode& device : standardDevices())
    actions.push_back(simple(ActionKind::Staged, std::string("/dev/") + device.name, device.name));
}

std::string stagedName(size_t number) { return "file-" + std::to_string(number); }

MountAction fileAction(const MemoryFile& file, size_t number) {
  MountAction action = simple(ActionKind::Staged, file.target, stagedName(number));
  action.attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  (file.mode & 0111 ? action.cleared : action.attributes) |= MOUNT_ATTR_NOEXEC;
  return action;
}
}  // namespace

std::vector<StagedFile> stagedFiles(const ContainerSpec& spec, llvm::ArrayRef<EtcFile> etcFiles) {
  std::vector<StagedFile> files;
  for (const EtcFile& file : etcFiles) files.push_back({file.name, file.text});
  for (const auto& [number, file] : llvm::enumerate(spec.files))
    files.push_back({stagedName(number), file.content, file.mode, file.uid, file.gid});
  return files;
}

llvm::Expected<std::vector<MountAction>> actionsOf(const ContainerSpec& spec, llvm::ArrayRef<EtcFile> etcFiles) {
  std::vector<MountAction> actions;
  actions.push_back(newMount("/proc", "proc", kQuiet));
  actions.push_back(newMount("/sys", "sysfs", kQuiet | (spec.privileged ? 0 : MOUNT_ATTR_RDONLY)));
  // A /dev from outside is taken as it is.
  if (llvm::none_of(spec.mounts, [](const MountSpec& mount) { return mount.target == "/dev"; }))
    addDev(actions, spec.privileged, spec.shmSize);
  for (const EtcFile& file : etcFiles) actions.push_back(simple(ActionKind::Staged, "/etc/" + file.name, file.name));
  for (const MountSpec& mount : spec.mounts) {
    if (!StringRef(mount.target).starts_with("/"))
      return fault(FaultKind::Invalid, "mount target '" + mount.target + "' is no absolute path");
    auto action = userAction(mount, spec.privileged);
    if (!action) return action.takeError();
    actions.push_back(std::move(*action));
  }
  for (const auto& [number, file] : llvm::enumerate(spec.files)) actions.push_back(fileAction(file, number));
  llvm::stable_sort(actions, [](const auto& left, const auto& right) { return left.target < right.target; });
  if (spec.privileged) return actions;
  for (StringRef path : maskedPaths()) actions.push_back(simple(ActionKind::Mask, path.str()));
  for (StringRef path : readOnlyPaths()) actions.push_back(simple(ActionKind::Protect, path.str()));
  return actions;
}

namespace {
bool isBelow(StringRef path, StringRef directory) {
  return path.consume_front(directory.rtrim('/')) && path.starts_with("/");
}
}  // namespace

std::vector<MountPoint> mountPointsOf(llvm::ArrayRef<MountAction> actions) {
  std::vector<MountPoint> points;
  for (const MountAction& action : actions) {
    if (action.kind != ActionKind::Tree && action.kind != ActionKind::New && action.kind != ActionKind::Staged)
      continue;
    bool isCovered = llvm::any_of(points, [&](const MountPoint& above) { return isBelow(action.target, above.path); });
    if (!isCovered) points.push_back({action.target, action.isDirectory});
  }
  return points;
}

}  // namespace strata::runtime

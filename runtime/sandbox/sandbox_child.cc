#include "runtime/sandbox/sandbox_child.h"

#include "runtime/spec/mount_points.h"
#include "runtime/spec/root_path.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

// Nothing below may allocate, lock or touch what another thread owns. The libc functions used are plain system calls;
// where libc does more (setuid and its kin tell every thread of the process), syscall() is used instead.

namespace strata::runtime {

llvm::ArrayRef<DeviceNode> standardDevices() {
  static constexpr DeviceNode kDevices[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                                            {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
  return kDevices;
}

namespace {
// Where the staging tmpfs is mounted: a directory that every Linux has, covered in the child's own namespace alone.
constexpr char kStaging[] = "/proc";
constexpr char kRoot[] = "root", kEmpty[] = "empty", kSource[] = "source", kSourcePath[] = "/proc/source";

[[noreturn]] void fail(SandboxPlan& plan, const char* step, const char* detail = "") {
  plan.failure.step = step;
  plan.failure.detail = detail;
  plan.failure.error = errno;
  ::_exit(127);
}

int openTree(int directory, const char* path, unsigned flags) {
  return int(::syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLOEXEC | OPEN_TREE_CLONE | AT_EMPTY_PATH));
}
bool moveMount(int tree, int target) {
  return ::syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
}
bool setAttributes(int tree, uint64_t attributes, unsigned flags, uint64_t cleared = 0) {
  mount_attr wanted{};
  wanted.attr_set = attributes;
  wanted.attr_clr = cleared;
  return ::syscall(SYS_mount_setattr, tree, "", flags | AT_EMPTY_PATH, &wanted, sizeof wanted) == 0;
}

/// The kernel kills us with the parent's thread from here on; the second look is for a parent that died before.
void dieWithParent(SandboxPlan& plan, int pidfd) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail(plan, "set the parent-death signal");
  pollfd parent{pidfd, POLLIN, 0};
  if (::poll(&parent, 1, 0) > 0) ::_exit(127);
}

void resetSignals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
}

/// mkdir -p of `path` below `root`; what is there stays as it is.
bool makeDirectoriesInRoot(int root, const char* path) {
  char prefix[PATH_MAX];
  size_t length = std::strlen(path);
  if (length >= sizeof prefix) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::memcpy(prefix, path, length + 1);
  int above = openInRoot(root, "/", O_PATH | O_DIRECTORY);
  for (size_t begin = 0; above >= 0 && begin < length;) {
    size_t end = begin;
    while (end < length && path[end] != '/') ++end;
    if (end > begin) {
      char kept = prefix[end];
      prefix[end] = '\0';
      if (::mkdirat(above, prefix + begin, 0755) != 0 && errno != EEXIST) return false;
      ::close(above);
      above = openInRoot(root, prefix, O_PATH | O_DIRECTORY);
      prefix[end] = kept;
    }
    begin = end + 1;
  }
  if (above < 0) return false;
  ::close(above);
  return true;
}

/// An O_PATH descriptor of the action's target, made where it is missing (inside another mount: what is missing in the
/// root itself, the parent has made).
int openTarget(int root, const MountAction& action) {
  const char* path = action.target.c_str();
  int target = openInRoot(root, path, O_PATH);
  if (target >= 0 || errno != ENOENT) return target;
  if (action.isDirectory) return makeDirectoriesInRoot(root, path) ? openInRoot(root, path, O_PATH) : -1;
  const char* name = std::strrchr(path, '/') + 1;
  char above[PATH_MAX];
  size_t length = size_t(name - path);
  if (length >= sizeof above) return -1;
  std::memcpy(above, path, length);
  above[length] = '\0';
  if (!makeDirectoriesInRoot(root, above)) return -1;
  int directory = openInRoot(root, above, O_PATH | O_DIRECTORY);
  if (directory < 0) return -1;
  int file = ::openat(directory, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY, 0644);
  ::close(directory);
  if (file < 0) return -1;
  ::close(file);
  return openInRoot(root, path, O_PATH);
}

/// A new file system, not yet attached. Read-only is asked of the mount alone: a sysfs is shared with the host.
int detachedMount(const char* type, const std::vector<std::pair<std::string, std::string>>& options,
                  uint64_t attributes) {
  int context = int(::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
  if (context < 0) return -1;
  for (const auto& [key, value] : options) {
    long set = value.empty() ? ::syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
                             : ::syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
    if (set != 0) return -1;
  }
  if (::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return -1;
  int mount = int(::syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes));
  int error = errno;
  ::close(context);
  errno = error;
  return mount;
}

/// The devices are made here and bound from here, so that the container's /dev may forbid devices: whatever else it
/// makes with mknod cannot be opened, which elsewhere is the work of a device cgroup.
void stageDevices(SandboxPlan& plan, int staging) {
  int host = ::open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (const DeviceNode& device : standardDevices()) {
    if (::mknodat(staging, device.name, S_IFCHR | 0666, makedev(device.major, device.minor)) == 0) continue;
    if (errno != EPERM) fail(plan, "make the device", device.name);
    // Without CAP_MKNOD: the host's own.
    int place = ::openat(staging, device.name, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0666);
    int tree = openTree(host, device.name, 0);
    if (place < 0 || tree < 0 || !moveMount(tree, place)) fail(plan, "borrow the host's device", device.name);
    ::close(place);
    ::close(tree);
  }
  ::close(host);
}

void stageFiles(SandboxPlan& plan, int staging) {
  for (const StagedFile& file : plan.files) {
    int fd = ::openat(staging, file.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) fail(plan, "make the file", file.name.c_str());
    for (size_t done = 0; done < file.content.size();) {
      ssize_t put = ::write(fd, file.content.data() + done, file.content.size() - done);
      if (put < 0) fail(plan, "write the file", file.name.c_str());
      done += size_t(put);
    }
    if (::fchown(fd, file.uid, file.gid) != 0 || ::fchmod(fd, file.mode) != 0)
      fail(plan, "set owner and mode of the file", file.name.c_str());
    ::close(fd);
  }
}

int makeStaging(SandboxPlan& plan) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail(plan, "make all mounts private");
  if (plan.borrowsProc) plan.hostProc = openTree(AT_FDCWD, "/proc", AT_RECURSIVE);  // before it is covered
  if (::mount("tmpfs", kStaging, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755") != 0) fail(plan, "mount a staging tmpfs");
  int staging = ::open(kStaging, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (staging < 0) fail(plan, "open the staging tmpfs");
  if (::mkdirat(staging, kRoot, 0755) != 0 || ::mkdirat(staging, kEmpty, 0755) != 0 ||
      ::mkdirat(staging, kSource, 0755) != 0)
    fail(plan, "make staging directories");
  stageDevices(plan, staging);
  stageFiles(plan, staging);
  return staging;
}

int attachRoot(SandboxPlan& plan, int staging) {
  int place = ::openat(staging, kRoot, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (place < 0 || !moveMount(plan.root.get(), place)) fail(plan, "mount the root");
  ::close(place);
  int root = ::openat(staging, kRoot, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) fail(plan, "open the root");
  return root;
}

void attach(SandboxPlan& plan, int tree, int target, const MountAction& action) {
  const char* path = action.target.c_str();
  if (tree < 0) fail(plan, "prepare the mount on", path);
  if (!moveMount(tree, target)) fail(plan, "mount on", path);
  ::close(tree);
}

void hideOrProtect(SandboxPlan& plan, int staging, int root, const MountAction& action) {
  const char* path = action.target.c_str();
  int target = openInRoot(root, path, O_PATH);
  if (target < 0) return;
  struct stat status;
  if (::fstat(target, &status) != 0) fail(plan, "stat", path);
  bool hides = action.kind == MountAction::Kind::Mask;
  const char* cover = S_ISDIR(status.st_mode) ? kEmpty : "null";
  int tree = hides ? openTree(staging, cover, 0) : openTree(target, "", AT_RECURSIVE);
  if (tree < 0) fail(plan, "prepare the mount on", path);
  bool readOnly = !hides || S_ISDIR(status.st_mode);
  if (readOnly && !setAttributes(tree, MOUNT_ATTR_RDONLY, hides ? 0 : AT_RECURSIVE)) fail(plan, "make read-only", path);
  attach(plan, tree, target, action);
  ::close(target);
}

void makeNode(SandboxPlan& plan, int root, const MountAction& action) {
  const char* path = action.target.c_str();
  const char* name = std::strrchr(path, '/') + 1;
  char above[PATH_MAX];
  size_t length = std::min(size_t(name - path), sizeof above - 1);
  std::memcpy(above, path, length);
  above[length] = '\0';
  if (!makeDirectoriesInRoot(root, above)) fail(plan, "make", path);
  int directory = openInRoot(root, above, O_PATH | O_DIRECTORY);
  if (directory < 0) fail(plan, "open", path);
  int made = action.kind == MountAction::Kind::Symlink ? ::symlinkat(action.source.c_str(), directory, name)
                                                       : ::mknodat(directory, name, action.mode, action.device);
  if (made != 0 && errno != EEXIST) fail(plan, "make", path);
  ::close(directory);
}

/// A part of a detached mount. Linux clones one out of a mount that stands somewhere (before 6.15 out of no other), so
/// the whole stands in the staging directory for that moment. -1 with errno.
int partOf(SandboxPlan& plan, int staging, int tree, const char* path) {
  int place = ::openat(staging, kSource, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (place < 0 || !moveMount(tree, place)) fail(plan, "mount the source of", path);
  ::close(place);
  int whole = ::openat(staging, kSource, O_PATH | O_DIRECTORY | O_CLOEXEC);
  int wanted = openInRoot(whole, path, O_PATH);
  int part = wanted < 0 ? -1 : openTree(wanted, "", 0);
  int error = errno;
  ::close(wanted);
  ::close(whole);
  if (::umount2(kSourcePath, MNT_DETACH) != 0) fail(plan, "unmount the source of", path);
  errno = error;
  return part;
}

/// What a user namespace's root may not show anew: a sysfs, because it shows the host's network; a proc, where parts of
/// the one that is there are hidden, as in a container. -1 with errno for all else.
int borrowed(const SandboxPlan& plan, const MountAction& action) {
  int tree = -1;
  if (action.source == "sysfs") tree = openTree(AT_FDCWD, "/sys", AT_RECURSIVE);
  if (action.source == "proc") tree = plan.hostProc;
  return tree >= 0 && setAttributes(tree, action.attributes, AT_RECURSIVE) ? tree : -1;
}

void carryOut(SandboxPlan& plan, int staging, int root, MountAction& action) {
  using Kind = MountAction::Kind;
  if (action.kind == Kind::Mask || action.kind == Kind::Protect) return hideOrProtect(plan, staging, root, action);
  if (action.kind == Kind::Symlink || action.kind == Kind::Node) return makeNode(plan, root, action);
  int target = openTarget(root, action);
  if (target < 0) fail(plan, "make the mount point", action.target.c_str());
  int tree = action.tree.get();
  if (action.kind == Kind::Tree && !action.source.empty()) tree = partOf(plan, staging, tree, action.source.c_str());
  if (action.kind == Kind::New) tree = detachedMount(action.source.c_str(), action.options, action.attributes);
  if (tree < 0 && errno == EPERM && action.kind == Kind::New) tree = borrowed(plan, action);
  if (action.kind == Kind::Staged) {
    tree = openTree(staging, action.source.c_str(), 0);
    bool changes = action.attributes || action.cleared;
    if (tree >= 0 && changes && !setAttributes(tree, action.attributes, 0, action.cleared)) tree = -1;
  }
  attach(plan, tree, target, action);
  ::close(target);
}

/// Only now, with the host's tree gone, is a path of the image looked up as the kernel does it: a ".." above the root
/// would otherwise arrive in the old root, which is mounted over the new one until it is unmounted.
void enterRoot(SandboxPlan& plan, int root) {
  if (::fchdir(root) != 0) fail(plan, "enter the root");
  if (::syscall(SYS_pivot_root, ".", ".") != 0) fail(plan, "pivot_root");
  if (::umount2(".", MNT_DETACH) != 0) fail(plan, "unmount the host's root");
  if (::chdir("/") != 0) fail(plan, "enter the root");
}

void standardStreams(SandboxPlan& plan, int staging) {
  int input = ::openat(staging, "null", O_RDONLY | O_CLOEXEC);
  if (input < 0) fail(plan, "open /dev/null");
  if (::dup2(input, 0) < 0 || ::dup2(plan.output.get(), 1) < 0 || ::dup2(plan.errors.get(), 2) < 0)
    fail(plan, "set the standard streams");
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_SETFD, 0) != 0) fail(plan, "set the standard streams");
}

void raiseLoopback(SandboxPlan& plan) {
  int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  if (socket < 0 || ::ioctl(socket, SIOCGIFFLAGS, &request) != 0) fail(plan, "find the loopback interface");
  request.ifr_flags |= IFF_UP;
  if (::ioctl(socket, SIOCSIFFLAGS, &request) != 0) fail(plan, "raise the loopback interface");
  ::close(socket);
}

void applyLimits(SandboxPlan& plan) {
  for (const UniqueFd& cgroup : plan.cgroups)
    if (::write(cgroup.get(), "0", 1) != 1) fail(plan, "join the cgroup");
  for (const Ulimit& ulimit : plan.ulimits) {
    rlimit64 limit{ulimit.soft, ulimit.hard};
    if (::syscall(SYS_prlimit64, 0, ulimit.resource, &limit, nullptr) != 0)
      fail(plan, "set the limit", ulimit.name.c_str());
  }
}

/// Closes everything but the standard streams and the parent's pidfd, which is returned.
int closeDescriptors(SandboxPlan& plan) {
  int pidfd = ::dup2(plan.self.get(), 3);
  if (pidfd < 0 || ::fcntl(pidfd, F_SETFD, FD_CLOEXEC) != 0) fail(plan, "keep the parent's pidfd");
  if (::syscall(SYS_close_range, 4U, ~0U, 0U) != 0) fail(plan, "close descriptors");
  return pidfd;
}

/// No descriptor of the host is open by now: a working directory of "/proc/self/fd/7" finds nothing. And whatever way
/// it is reached, a directory that is not below our root has no path from it.
void enterWorkingDirectory(SandboxPlan& plan) {
  const char* path = plan.workingDir.c_str();
  if (::chdir(path) != 0) {
    int top = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!makeDirectoriesInRoot(top, path)) fail(plan, "make the working directory", path);
    ::close(top);
    if (::chdir(path) != 0) fail(plan, "enter the working directory", path);
  }
  char where[PATH_MAX];
  long size = ::syscall(SYS_getcwd, where, sizeof where);
  if (size < 0) fail(plan, "enter the working directory", path);
  if (where[0] != '/') {
    errno = EPERM;
    fail(plan, "enter the working directory, which lies outside of the root", path);
  }
}

void dropPrivileges(SandboxPlan& plan) {
  // The filter comes first: without no_new_privs, which would disarm sudo, it takes CAP_SYS_ADMIN to set one.
  if (!plan.filter.empty()) {
    sock_fprog program{static_cast<unsigned short>(plan.filter.size() / sizeof(sock_filter)),
                       const_cast<sock_filter*>(reinterpret_cast<const sock_filter*>(plan.filter.data()))};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) fail(plan, "set the seccomp filter");
  }
  for (unsigned number = 0; number <= plan.lastCapability; ++number)
    if (!(plan.capabilities >> number & 1) && ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0)
      fail(plan, "drop capabilities from the bounding set");
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  data[0].permitted = data[0].effective = uint32_t(plan.capabilities);
  data[1].permitted = data[1].effective = uint32_t(plan.capabilities >> 32);
  if (::syscall(SYS_capset, &header, data) != 0) fail(plan, "set capabilities");
  if (plan.setsGroups && ::syscall(SYS_setgroups, plan.groups.size(), plan.groups.data()) != 0)
    fail(plan, "set supplementary groups");
  if (::syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid) != 0) fail(plan, "set the group");
  if (::syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid) != 0) fail(plan, "set the user");
}

[[noreturn]] void execute(SandboxPlan& plan) {
  int worst = ENOENT;
  const char* which = "";
  for (const std::string& program : plan.programs) {
    ::execve(program.c_str(), plan.argv.data(), plan.env.data());
    int error = errno;
    bool isMissing = error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
    if (isMissing && ::faccessat(AT_FDCWD, program.c_str(), F_OK, 0) == 0) {
      plan.failure.lacksInterpreter = true;
      isMissing = false;
    }
    if (isMissing) continue;
    worst = error;
    which = program.c_str();
    if (error != EACCES) break;
  }
  plan.failure.isProgram = true;
  errno = worst;
  fail(plan, "exec", which);
}
}  // namespace

int runSandboxChild(void* sandboxPlan) {
  SandboxPlan& plan = *static_cast<SandboxPlan*>(sandboxPlan);
  dieWithParent(plan, plan.self.get());
  resetSignals();
  ::umask(0);
  if (::setsid() < 0) fail(plan, "start a session");
  if (!plan.hostname.empty() && ::sethostname(plan.hostname.data(), plan.hostname.size()) != 0)
    fail(plan, "set the hostname");
  if (plan.hasOwnNetwork) raiseLoopback(plan);
  applyLimits(plan);
  int staging = makeStaging(plan);
  int root = attachRoot(plan, staging);
  for (MountAction& action : plan.actions) carryOut(plan, staging, root, action);
  standardStreams(plan, staging);
  enterRoot(plan, root);
  int pidfd = closeDescriptors(plan);
  enterWorkingDirectory(plan);
  ::umask(0022);
  dropPrivileges(plan);
  // A change of credentials clears the parent-death signal.
  dieWithParent(plan, pidfd);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  execute(plan);
}

}  // namespace strata::runtime

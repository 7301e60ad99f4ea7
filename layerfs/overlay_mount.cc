#include "layerfs/overlay_mount.h"

#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace strata::layerfs {

namespace {
constexpr size_t kMaxParameter = 255;  // fsconfig takes no longer string
/// xino: inode numbers are those of the one file system that all layers are on.
constexpr std::pair<const char*, const char*> kPlainFormat[] = {
    {"index", "off"}, {"metacopy", "off"}, {"redirect_dir", "nofollow"}, {"xino", "off"}};

/// "lowerdir+" came with Linux 6.5.
bool takesLayersOneByOne() {
  utsname name;
  unsigned major = 0, minor = 0;
  if (::uname(&name) != 0) return false;
  llvm::StringRef release(name.release);
  if (release.consumeInteger(10, major) || !release.consume_front(".") || release.consumeInteger(10, minor))
    return false;
  return std::pair(major, minor) >= std::pair(6u, 5u);
}

/// Paths as the kernel can take them: one that is too long, or has a byte that mount options give a meaning, is named
/// by a descriptor, which must stay open until the mount is made.
class Paths {
public:
  llvm::Expected<std::string> shorten(const std::string& path) {
    if (path.size() <= kMaxParameter && llvm::StringRef(path).find_first_of(":,\\\"") == llvm::StringRef::npos)
      return path;
    auto fd = openFile(path, O_PATH | O_DIRECTORY);
    if (!fd) return fd.takeError();
    std::string shorter = "/proc/self/fd/" + std::to_string(fd->get());
    held_.push_back(std::move(*fd));
    return shorter;
  }

private:
  std::vector<UniqueFd> held_;
};

llvm::Error mountFault(int number, const llvm::Twine& words) {
  llvm::StringRef way = "";
  if (number == EPERM || number == EACCES)
    way = "; mounting needs root or a user namespace; or use --snapshotter native";
  if (number == ENODEV) way = "; the kernel has no overlay: modprobe overlay, or use --snapshotter native";
  FaultKind kind = FaultKind::Invalid;
  if (number == EPERM || number == EACCES) kind = FaultKind::Denied;
  if (number == ENODEV || number == ENOSYS) kind = FaultKind::Unsupported;
  if (number == ENOSPC || number == EMFILE || number == ENOMEM) kind = FaultKind::Io;
  return fault(kind, "mount overlay" + words + ": " + std::strerror(number) + way);
}

/// A file system under configuration.
class FsContext {
public:
  static llvm::Expected<FsContext> open() {
    UniqueFd fd(::fsopen("overlay", FSOPEN_CLOEXEC));
    if (!fd) return mountFault(errno, "");
    return FsContext(std::move(fd));
  }
  llvm::Error set(const char* key, const std::string& value) {
    if (::fsconfig(fd_.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0) return llvm::Error::success();
    return failure(errno, key + ("=" + value));
  }
  llvm::Error flag(const char* key) {
    if (::fsconfig(fd_.get(), FSCONFIG_SET_FLAG, key, nullptr, 0) == 0) return llvm::Error::success();
    return failure(errno, key);
  }
  llvm::Expected<UniqueFd> mount(unsigned attributes) {
    if (::fsconfig(fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return failure(errno, "");
    UniqueFd mounted(::fsmount(fd_.get(), FSMOUNT_CLOEXEC, attributes));
    if (!mounted) return failure(errno, "");
    return mounted;
  }

private:
  explicit FsContext(UniqueFd fd) : fd_(std::move(fd)) {}

  /// With what the kernel wrote about it into the context.
  llvm::Error failure(int number, const std::string& doing) {
    std::string words = doing.empty() ? "" : " (" + doing + ")";
    char line[512];
    for (ssize_t size; (size = ::read(fd_.get(), line, sizeof line)) > 0;) {
      llvm::StringRef text = llvm::StringRef(line, size_t(size)).rtrim();
      text.consume_front("e ");
      words += (": " + text).str();
    }
    return mountFault(number, printable(words));
  }

  UniqueFd fd_;
};

llvm::Expected<UniqueFd> mountOneByOne(const OverlayMount& mount) {
  auto context = FsContext::open();
  if (!context) return context.takeError();
  Paths paths;
  auto setPath = [&](const char* key, const std::string& path) -> llvm::Error {
    auto value = paths.shorten(path);
    return value ? context->set(key, *value) : value.takeError();
  };
  if (auto error = context->set("source", "strata")) return error;
  for (const std::string& lower : mount.lowers)
    if (auto error = setPath("lowerdir+", lower)) return error;
  if (!mount.upper.empty()) {
    if (auto error = setPath("upperdir", mount.upper)) return error;
    if (auto error = setPath("workdir", mount.work)) return error;
    // No sync at unmount: a draft that a crash leaves behind is thrown away whole.
    if (auto error = context->flag("volatile")) return error;
  }
  for (auto [key, value] : kPlainFormat)
    if (auto error = context->set(key, value)) return error;
  if (overlayMarksAreUserXattrs())
    if (auto error = context->flag("userxattr")) return error;
  return context->mount(mount.upper.empty() ? MOUNT_ATTR_RDONLY : 0);
}

/// The directory above all of these paths, with a '/' at its end.
std::string commonDirectory(llvm::ArrayRef<std::string> paths) {
  llvm::StringRef common = paths.front();
  for (llvm::StringRef path : paths) {
    size_t same = 0;
    while (same < std::min(common.size(), path.size()) && common[same] == path[same]) ++same;
    common = common.take_front(same);
  }
  size_t slash = common.rfind('/');
  return slash == llvm::StringRef::npos ? "" : common.take_front(slash + 1).str();
}

llvm::Expected<std::string> optionString(const OverlayMount& mount, const std::string& base, Paths& paths) {
  std::string options = "lowerdir=";
  for (const std::string& lower : mount.lowers) {
    auto path = paths.shorten(lower.substr(base.size()));
    if (!path) return path.takeError();
    if (options.back() != '=') options += ':';
    options += *path;
  }
  if (!mount.upper.empty()) {
    auto upper = paths.shorten(mount.upper);
    if (!upper) return upper.takeError();
    auto work = paths.shorten(mount.work);
    if (!work) return work.takeError();
    options += ",upperdir=" + *upper + ",workdir=" + *work + ",volatile";
  }
  for (auto [key, value] : kPlainFormat) options += std::string(",") + key + "=" + value;
  if (overlayMarksAreUserXattrs()) options += ",userxattr";
  return options;
}

/// On a thread of its own, whose mount namespace and working directory are its own too: the mount is seen by nobody,
/// and the clone that leaves the thread is in no namespace.
llvm::Expected<UniqueFd> mountPrivately(const OverlayMount& mount) {
  const std::string base = commonDirectory(mount.lowers);
  if (::unshare(CLONE_NEWNS) != 0) return mountFault(errno, ": a mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return mountFault(errno, "");
  if (!base.empty() && ::chdir(base.c_str()) != 0) return errnoFault("enter " + base);
  Paths paths;
  auto options = optionString(mount, base, paths);
  if (!options) return options.takeError();
  if (options->size() >= size_t(::sysconf(_SC_PAGESIZE)))
    return fault(FaultKind::Unsupported, "this kernel takes no more than a page of layer paths and cannot stack " +
                                             llvm::Twine(mount.lowers.size()) +
                                             " layers; Linux 6.5 can, and so does --snapshotter native");
  unsigned long flags = mount.upper.empty() ? MS_RDONLY : 0;
  if (::mount("strata", base.c_str(), "overlay", flags, options->c_str()) != 0) return mountFault(errno, "");
  UniqueFd mounted(::open_tree(AT_FDCWD, base.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!mounted) return mountFault(errno, ": detach");
  return mounted;
}

llvm::Expected<UniqueFd> mountByOptionString(const OverlayMount& mount) {
  std::optional<llvm::Expected<UniqueFd>> result;
  std::thread([&] { result.emplace(mountPrivately(mount)); }).join();
  return std::move(*result);
}
}  // namespace

llvm::Expected<UniqueFd> mountOverlay(const OverlayMount& mount, OverlayApi api) {
  if (mount.lowers.size() > kMaxLowers)
    return fault(FaultKind::Unsupported, "Linux stacks at most " + llvm::Twine(kMaxLowers) + " layers, these are " +
                                             llvm::Twine(mount.lowers.size()) +
                                             "; join some steps, or use --snapshotter native");
  static const bool oneByOne = takesLayersOneByOne();
  return api == OverlayApi::Best && oneByOne ? mountOneByOne(mount) : mountByOptionString(mount);
}

}  // namespace strata::layerfs

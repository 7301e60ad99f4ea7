#include "layerfs/overlay_mount.h"

#include "layerfs/fs_context.h"
#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace strata::layerfs {

namespace {
/// xino: one device number for all files where the kernel can; never "on", with which it would mark every new directory
/// opaque.
constexpr std::pair<const char*, const char*> kPlainFormat[] = {
    {"index", "off"}, {"metacopy", "off"}, {"redirect_dir", "nofollow"}, {"xino", "auto"}};

std::pair<unsigned, unsigned> kernelVersion() {
  utsname name;
  unsigned major = 0, minor = 0;
  if (::uname(&name) != 0) return {0, 0};
  llvm::StringRef release(name.release);
  if (release.consumeInteger(10, major) || !release.consume_front(".") || release.consumeInteger(10, minor))
    return {0, 0};
  return {major, minor};
}

llvm::Error overlayFault(int number, const llvm::Twine& words) { return mountFault("overlay", number, words); }

using Lowers = std::vector<std::string>;

llvm::Expected<UniqueFd> mountOneByOne(const OverlayMount& mount, const Lowers& lowers) {
  auto context = FsContext::open("overlay");
  if (!context) return context.takeError();
  if (auto error = context->set("source", "strata")) return error;
  for (const std::string& lower : lowers)
    if (auto error = context->setPath("lowerdir+", lower)) return error;
  if (!mount.upper.empty()) {
    if (auto error = context->setPath("upperdir", mount.upper)) return error;
    if (auto error = context->setPath("workdir", mount.work)) return error;
    if (mount.isVolatile)
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

llvm::Expected<std::string> optionString(const OverlayMount& mount, const Lowers& lowers, const std::string& base,
                                         MountPaths& paths) {
  std::string options = "lowerdir=";
  for (const std::string& lower : lowers) {
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
    options += ",upperdir=" + *upper + ",workdir=" + *work + (mount.isVolatile ? ",volatile" : "");
  }
  for (auto [key, value] : kPlainFormat) options += std::string(",") + key + "=" + value;
  if (overlayMarksAreUserXattrs()) options += ",userxattr";
  return options;
}

llvm::Expected<UniqueFd> mountByOptionString(const OverlayMount& mount, const Lowers& lowers) {
  const std::string base = commonDirectory(lowers);
  if (!base.empty() && ::chdir(base.c_str()) != 0) return errnoFault("enter " + base);
  MountPaths paths;
  auto options = optionString(mount, lowers, base, paths);
  if (!options) return options.takeError();
  if (options->size() >= size_t(::sysconf(_SC_PAGESIZE)))
    return fault(FaultKind::Unsupported, "this kernel takes no more than a page of layer paths and cannot stack " +
                                             llvm::Twine(lowers.size()) +
                                             " layers; Linux 6.5 can, and so does --snapshotter native");
  unsigned long flags = mount.upper.empty() ? MS_RDONLY : 0;
  if (::mount("strata", base.c_str(), "overlay", flags, options->c_str()) != 0) return overlayFault(errno, "");
  UniqueFd mounted(::open_tree(AT_FDCWD, base.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!mounted) return overlayFault(errno, ": detach");
  return mounted;
}

/// Tars mounted in this thread's namespace, for kernels that stack no detached mounts. Their mount points are in a
/// tmpfs that covers the first one's directory: its files are open by then.
llvm::Expected<Lowers> attachLowers(const std::vector<LayerDirectory>& wanted) {
  std::vector<UniqueFd> mounts;
  std::string cover;
  for (const LayerDirectory& lower : wanted) {
    if (!lower.tar) continue;
    auto mounted = mountTar(*lower.tar, lower.form);
    if (!mounted) return mounted.takeError();
    mounts.push_back(std::move(*mounted));
    if (cover.empty()) cover = llvm::StringRef(lower.tar->index).rsplit('/').first.str();
  }
  if (!mounts.empty() && ::mount("strata", cover.c_str(), "tmpfs", 0, "mode=700") != 0)
    return overlayFault(errno, ": a place for layers");
  Lowers lowers;
  size_t next = 0;
  for (const LayerDirectory& lower : wanted) {
    lowers.push_back(lower.path);
    if (!lower.tar) continue;
    lowers.back() = cover + "/" + std::to_string(next);
    if (::mkdir(lowers.back().c_str(), 0700) != 0) return errnoFault("make " + lowers.back());
    if (::move_mount(mounts[next++].get(), "", AT_FDCWD, lowers.back().c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
      return overlayFault(errno, ": attach a layer");
  }
  return lowers;
}

llvm::Expected<UniqueFd> mountPrivately(const OverlayMount& mount, OverlayApi api) {
  if (::unshare(CLONE_NEWNS) != 0) return overlayFault(errno, ": a mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return overlayFault(errno, "");
  auto lowers = attachLowers(mount.lowers);
  if (!lowers) return lowers.takeError();
  return api == OverlayApi::Attached ? mountOneByOne(mount, *lowers) : mountByOptionString(mount, *lowers);
}

/// On a thread of its own, whose mount namespace and working directory are its own too: the mount is seen by nobody,
/// and what leaves the thread is in no namespace.
llvm::Expected<UniqueFd> mountOnThread(const OverlayMount& mount, OverlayApi api) {
  std::optional<llvm::Expected<UniqueFd>> result;
  std::thread([&] { result.emplace(mountPrivately(mount, api)); }).join();
  return std::move(*result);
}

/// The best that this kernel does.
OverlayApi apiFor(const OverlayMount& mount) {
  static const std::pair<unsigned, unsigned> kernel = kernelVersion();
  if (kernel < std::pair(6u, 5u)) return OverlayApi::OptionString;
  bool hasTars = llvm::any_of(mount.lowers, [](const LayerDirectory& lower) { return lower.tar.has_value(); });
  return hasTars && kernel < std::pair(6u, 15u) ? OverlayApi::Attached : OverlayApi::Best;
}
}  // namespace

llvm::Expected<UniqueFd> mountOverlay(const OverlayMount& mount, OverlayApi api) {
  if (mount.lowers.size() > kMaxLowers)
    return fault(FaultKind::Unsupported, "Linux stacks at most " + llvm::Twine(kMaxLowers) + " layers, these are " +
                                             llvm::Twine(mount.lowers.size()) +
                                             "; join some steps, or use --snapshotter native");
  if (api == OverlayApi::Best) api = apiFor(mount);
  if (api != OverlayApi::Best) return mountOnThread(mount, api);
  Lowers lowers;
  for (const LayerDirectory& lower : mount.lowers) lowers.push_back(lower.path);
  return mountOneByOne(mount, lowers);
}

}  // namespace strata::layerfs

#include "layerfs/snapshot.h"

#include "layerfs/snapshot_drivers.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <set>

namespace strata::layerfs {

namespace {
constexpr llvm::StringRef kBaseDirectories[] = {
    "empty-1", "empty-2", "mountpoints", "mountpoints/proc", "mountpoints/sys", "mountpoints/dev", "mountpoints/etc"};
constexpr llvm::StringRef kBaseFiles[] = {"mountpoints/etc/hosts", "mountpoints/etc/resolv.conf",
                                          "mountpoints/etc/hostname"};
}  // namespace

bool SnapshotBase::isWhole(const std::string& directory) {
  auto has = [&](llvm::StringRef below, mode_t type) {
    struct stat status;
    return ::lstat(joinPath(directory, below).c_str(), &status) == 0 && (status.st_mode & S_IFMT) == type;
  };
  return llvm::all_of(kBaseDirectories, [&](llvm::StringRef below) { return has(below, S_IFDIR); }) &&
         llvm::all_of(kBaseFiles, [&](llvm::StringRef below) { return has(below, S_IFREG); });
}

llvm::Error SnapshotBase::prepare() {
  std::lock_guard lock(mutex_);
  if (!ready_ && !isWhole(directory()))
    if (auto error = make()) return error;
  ready_ = true;
  return llvm::Error::success();
}

llvm::Error SnapshotBase::make() {
  auto staged = TempDir::make(staging_, "base-");
  if (!staged) return staged.takeError();
  const std::string& path = staged->path();
  auto make = [&](llvm::StringRef below, bool file) -> llvm::Error {
    std::string made = joinPath(path, below);
    mode_t mode = file ? 0644 : 0755;
    int result = file ? ::mknod(made.c_str(), S_IFREG | mode, 0) : ::mkdir(made.c_str(), mode);
    if (result != 0 || ::chmod(made.c_str(), mode) != 0) return errnoFault("make " + made);
    return llvm::Error::success();
  };
  for (llvm::StringRef below : kBaseDirectories)
    if (auto error = make(below, false)) return error;
  for (llvm::StringRef below : kBaseFiles)
    if (auto error = make(below, true)) return error;
  if (::chmod(path.c_str(), 0755) != 0) return errnoFault("set mode of " + path);
  if (pathExists(directory()) && !isWhole(directory()))  // what is mounted of it stays so
    renamePath(directory(), path + "-damaged");
  if (renamePath(path, directory()) == 0) {
    staged->keep();
  } else if (errno != EEXIST && errno != ENOTEMPTY) {  // another process was faster
    return errnoFault("rename to " + directory());
  }
  return llvm::Error::success();
}

std::vector<std::shared_ptr<Layer>> distinctLayers(const std::vector<std::shared_ptr<Layer>>& layers) {
  std::vector<std::shared_ptr<Layer>> distinct;
  std::set<LayerId> seen;
  for (const auto& layer : llvm::reverse(layers))
    if (seen.insert(layer->id()).second) distinct.push_back(layer);
  std::reverse(distinct.begin(), distinct.end());
  return distinct;
}

llvm::Error attachMount(int mount, const std::string& directory) {
  if (::move_mount(mount, "", AT_FDCWD, directory.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0) return llvm::Error::success();
  return errnoFault("mount the snapshot at " + directory);
}

llvm::Expected<std::unique_ptr<Snapshotter>> openSnapshotter(llvm::StringRef driver, const std::string& staging,
                                                             const std::string& lasting) {
  const std::string& base = lasting.empty() ? staging : lasting;
  if (driver == "native") return makeNativeSnapshotter(staging, base);
  if (driver == "overlay") return openOverlaySnapshotter(staging, base);
  if (!driver.empty())
    return fault(FaultKind::Invalid, "no snapshotter '" + printable(driver) + "'; there are overlay and native" +
                                         didYouMean(driver, {"overlay", "native"}));
  auto overlay = openOverlaySnapshotter(staging, base);
  if (overlay) return overlay;
  auto error = overlay.takeError();
  if (!takeIf(error, FaultKind::Unsupported)) return error;
  return makeNativeSnapshotter(staging, base);
}

}  // namespace strata::layerfs

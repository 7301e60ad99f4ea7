#include "runtime/files/container_root.h"

#include "runtime/containers/process_facts.h"
#include "runtime/containers/truth.h"
#include "runtime/spec/mount_points.h"
#include "runtime/spec/root_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

namespace strata::runtime {

namespace {
class LiveRoot : public ContainerRoot {
public:
  explicit LiveRoot(UniqueFd root) : root_(std::move(root)) {}
  int fd() const override { return root_.get(); }

private:
  UniqueFd root_;
};

/// Of the very process that the row names, though its number may be another's by now.
llvm::Expected<UniqueFd> openRootOfProcess(const Container& container) {
  pid_t pid = pid_t(container.state.pid);
  auto process = openFile("/proc/" + std::to_string(pid), O_PATH | O_DIRECTORY);
  if (!process) return process.takeError();
  if (startOfProcess(pid) != container.state.pidStarted)
    return fault(FaultKind::NotFound, "container " + container.name + " has just ended");
  return openFile("root", O_PATH | O_DIRECTORY, 0, process->get());
}

llvm::Error setReadOnly(int mount) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0)
    return llvm::Error::success();
  return errnoFault("make a mount read-only");
}

/// The layers of a container that does not run, mounted where nobody else sees it.
class MountedRoot : public ContainerRoot {
public:
  MountedRoot(std::string place, FileLock lock) : place_(std::move(place)), lock_(std::move(lock)) {}

  /// Nothing below the place is ever removed: while something is mounted there, it would be the container's.
  ~MountedRoot() override {
    root_.reset();
    snapshot_.reset();
    ::umount2(place_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    points_.reset();
    ::rmdir(place_.c_str());
  }

  llvm::Error mount(const Container& container, const ContainerDirectory& directory, layerfs::Store& store) {
    if (auto error = mountLayers(container, directory, store)) return error;
    std::vector<MountPoint> wanted;
    for (const ContainerMount& mount : container.mounts)
      if (!mount.source.empty()) wanted.push_back({mount.destination, isDirectory(mount.source)});
    auto points = MountPoints::make(root_.get(), wanted);
    if (!points) return points.takeError();
    points_.emplace(std::move(*points));
    if (container.hostConfig.readonlyRootfs)
      if (auto error = setReadOnly(root_.get())) return error;
    for (const ContainerMount& mount : container.mounts)
      if (!mount.source.empty())
        if (auto error = bind(mount)) return withContext(std::move(error), "mount " + printable(mount.destination));
    return llvm::Error::success();
  }

  int fd() const override { return root_.get(); }
  llvm::Error finish() override { return snapshot_->collectChanges(); }

private:
  static bool isDirectory(const std::string& path) {
    struct stat status;
    return ::stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode);
  }

  llvm::Error mountLayers(const Container& container, const ContainerDirectory& directory, layerfs::Store& store) {
    auto image = store.images().load(container.imageId);
    if (!image) return withContext(image.takeError(), "image of the container");
    auto draft = layerfs::LayerDraft::keepAt(directory.layer(), layerfs::LayerDraft::Durable::Yes);
    if (!draft) return draft.takeError();
    draft_.emplace(std::move(*draft));
    auto snapshotter = store.snapshotter();
    if (!snapshotter) return snapshotter.takeError();
    auto snapshot = (*snapshotter)->mount({.layers = image->layers, .draft = &*draft_, .withMountPoints = true});
    if (!snapshot) return snapshot.takeError();
    snapshot_ = std::move(*snapshot);
    if (::mkdir(place_.c_str(), 0700) != 0 && errno != EEXIST) return errnoFault("make " + place_);
    if (auto error = snapshot_->attachAt(place_)) return error;
    auto root = openFile(place_, O_PATH | O_DIRECTORY);
    if (!root) return root.takeError();
    root_ = std::move(*root);
    return llvm::Error::success();
  }

  llvm::Error bind(const ContainerMount& mount) const {
    UniqueFd target(openInRoot(root_.get(), mount.destination.c_str(), O_PATH));
    if (!target) return errnoFault(printable(mount.destination));
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (mount.nonRecursive ? 0u : unsigned(AT_RECURSIVE));
    UniqueFd source(int(::syscall(SYS_open_tree, AT_FDCWD, mount.source.c_str(), flags)));
    if (!source) return errnoFault(printable(mount.source));
    if (!mount.readWrite)
      if (auto error = setReadOnly(source.get())) return error;
    if (::syscall(SYS_move_mount, source.get(), "", target.get(), "",
                  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
      return errnoFault(printable(mount.source));
    return llvm::Error::success();
  }

  std::string place_;
  FileLock lock_;
  std::optional<layerfs::LayerDraft> draft_;
  std::unique_ptr<layerfs::Snapshot> snapshot_;
  std::optional<MountPoints> points_;
  UniqueFd root_;
};

llvm::Error cannotBeReached(const Container& container) {
  return fault(FaultKind::Unavailable, "container " + container.name + " is " + nameOf(container.state.status) +
                                           ", or is being started or removed: try again");
}
}  // namespace

llvm::Expected<std::unique_ptr<ContainerRoot>> ContainerRoot::open(const Container& container,
                                                                   ContainerStore& containers, layerfs::Store& store) {
  if (container.state.isLive()) {
    auto root = openRootOfProcess(container);
    if (!root) return withContext(root.takeError(), "root of container " + container.name);
    return std::make_unique<LiveRoot>(std::move(*root));
  }
  ContainerDirectory directory = containers.directory(container.id);
  auto lock = FileLock::tryAcquire(directory.lock(), FileLock::Mode::Exclusive);
  if (!lock) {
    auto error = lock.takeError();
    return takeIf(error, FaultKind::Unavailable) ? cannotBeReached(container) : std::move(error);
  }
  auto root = std::make_unique<MountedRoot>(joinPath(directory.path(), "root"), std::move(*lock));
  if (auto error = root->mount(container, directory, store)) return error;
  return root;
}

}  // namespace strata::runtime

#include "runtime/files/container_root.h"

#include "layerfs/fs_context.h"
#include "runtime/containers/pause.h"
#include "runtime/containers/truth.h"
#include "runtime/files/path_end.h"
#include "runtime/spec/mount_points.h"
#include "runtime/spec/root_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

namespace strata::runtime {

namespace {
constexpr char kDevices[] = "/dev", kSharedMemory[] = "/dev/shm";

class LiveRoot : public ContainerRoot {
public:
  LiveRoot(UniqueFd root, FileLock files) : root_(std::move(root)), files_(std::move(files)) {}
  int fd() const override { return root_.get(); }

private:
  UniqueFd root_;
  FileLock files_;
};

llvm::Expected<UniqueFd> openRootOfProcess(const Container& container) {
  auto process = ProcessHandle::open(container.state.process());
  if (!process) return process.takeError();
  return process->openFile("root", O_PATH | O_DIRECTORY);
}

llvm::Error setReadOnly(int mount) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0)
    return llvm::Error::success();
  return errnoFault("make a mount read-only");
}

dev_t deviceOf(const UniqueFd& file) {
  struct stat status;
  return ::fstat(file.get(), &status) == 0 ? status.st_dev : 0;
}

/// The layers of a container that does not run, mounted where nobody else sees it.
class MountedRoot : public ContainerRoot {
public:
  MountedRoot(std::string place, FileLock files, FileLock lock)
      : place_(std::move(place)), files_(std::move(files)), lock_(std::move(lock)) {}

  /// Nothing below the place is ever removed: while something is mounted there, it would be the container's.
  ~MountedRoot() override {
    root_.reset();
    empties_.clear();
    snapshot_.reset();
    ::umount2(place_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    while (!points_.empty()) points_.pop_back();  // one may be in another
    ::rmdir(place_.c_str());
  }

  llvm::Error mount(const Container& container, const ContainerDirectory& directory, layerfs::Store& store) {
    if (auto error = mountLayers(container, directory, store)) return error;
    if (auto error = attachDevices(container)) return error;
    std::vector<ContainerMount> mounts = container.mounts;
    llvm::stable_sort(mounts, [](const auto& left, const auto& right) { return left.destination < right.destination; });
    for (const ContainerMount& mount : mounts)
      if (auto error = mount.source.empty() ? attachEmpty(mount.destination) : bind(mount))
        return withContext(std::move(error), "mount " + printable(mount.destination));
    // Last, so that one mount can have its place in another: outer ones come first, as the OCI runtime has them.
    for (const UniqueFd& empty : empties_)
      if (auto error = setReadOnly(empty.get())) return error;
    return container.hostConfig.readonlyRootfs ? setReadOnly(root_.get()) : llvm::Error::success();
  }

  llvm::Error checkStays(llvm::StringRef path) const override {
    auto end = findPathEnd(root_.get(), path, layerfs::FinalLink::Follow);
    if (!end) return llvm::consumeError(end.takeError()), llvm::Error::success();  // nothing will be written there
    auto directory = end->isDirectory() ? openDirectory(*end) : std::move(end->directory);
    if (!directory) return llvm::consumeError(directory.takeError()), llvm::Error::success();
    for (const UniqueFd& empty : empties_)
      if (deviceOf(empty) == deviceOf(*directory))
        return fault(FaultKind::Invalid, printable(path) +
                                             " is on a tmpfs, which the container has only while it runs: "
                                             "start it first");
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

  llvm::Error bind(const ContainerMount& mount) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (mount.nonRecursive ? 0u : unsigned(AT_RECURSIVE));
    UniqueFd source(int(::syscall(SYS_open_tree, AT_FDCWD, mount.source.c_str(), flags)));
    if (!source) return errnoFault(printable(mount.source));
    if (!mount.readWrite)
      if (auto error = setReadOnly(source.get())) return error;
    return attach(source, {mount.destination, isDirectory(mount.source)});
  }

  /// The OCI runtime's, with shared memory in it, unless the container has something else there.
  llvm::Error attachDevices(const Container& container) {
    bool isOther =
        llvm::any_of(container.mounts, [](const ContainerMount& mount) { return mount.destination == kDevices; });
    if (isOther) return llvm::Error::success();
    if (auto error = attachEmpty(kDevices)) return error;
    auto memory = MountPoints::make(root_.get(), MountPoint{kSharedMemory, true});
    if (!memory) return memory.takeError();
    points_.push_back(std::move(*memory));
    return llvm::Error::success();
  }

  /// What a tmpfs is while its container does not run.
  llvm::Error attachEmpty(const std::string& destination) {
    auto context = layerfs::FsContext::open("tmpfs");
    if (!context) return context.takeError();
    auto empty = context->mount(0);
    if (!empty) return empty.takeError();
    empties_.push_back(std::move(*empty));
    return attach(empties_.back(), {destination, true});
  }

  llvm::Error attach(const UniqueFd& mount, const MountPoint& at) {
    auto point = MountPoints::make(root_.get(), at);
    if (!point) return point.takeError();
    points_.push_back(std::move(*point));
    UniqueFd target(openInRoot(root_.get(), at.path.c_str(), O_PATH));
    if (!target) return errnoFault(printable(at.path));
    if (::syscall(SYS_move_mount, mount.get(), "", target.get(), "",
                  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
      return errnoFault("mount at " + printable(at.path));
    return llvm::Error::success();
  }

  std::string place_;
  FileLock files_, lock_;
  std::optional<layerfs::LayerDraft> draft_;
  std::unique_ptr<layerfs::Snapshot> snapshot_;
  UniqueFd root_;
  std::vector<UniqueFd> empties_;  ///< the mounts of its tmpfs
  std::vector<MountPoints> points_;
};

llvm::Error cannotBeReached(const Container& container) {
  return fault(FaultKind::Unavailable, "container " + container.name + " is " + nameOf(container.state.status) +
                                           ", or is being started or removed: try again");
}
}  // namespace

llvm::Expected<std::unique_ptr<ContainerRoot>> ContainerRoot::open(const Container& container,
                                                                   ContainerStore& containers, layerfs::Store& store) {
  bool isLive = container.state.isLive();
  auto files = holdFiles(containers, container, isLive ? FileLock::Mode::Shared : FileLock::Mode::Exclusive);
  if (!files) return files.takeError();
  if (isLive) {
    auto root = openRootOfProcess(container);
    if (!root) return withContext(root.takeError(), "root of container " + container.name);
    return std::make_unique<LiveRoot>(std::move(*root), std::move(*files));
  }
  ContainerDirectory directory = containers.directory(container.id);
  auto lock = FileLock::tryAcquire(directory.lock(), FileLock::Mode::Exclusive);
  if (!lock) {
    auto error = lock.takeError();
    return takeIf(error, FaultKind::Unavailable) ? cannotBeReached(container) : std::move(error);
  }
  auto root = std::make_unique<MountedRoot>(joinPath(directory.path(), "root"), std::move(*files), std::move(*lock));
  if (auto error = root->mount(container, directory, store)) return error;
  return root;
}

}  // namespace strata::runtime

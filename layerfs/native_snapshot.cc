#include "layerfs/change_collector.h"
#include "layerfs/layer_walk.h"
#include "layerfs/snapshot_drivers.h"
#include "layerfs/tree_writer.h"
#include "support/fault.h"
#include "support/user_namespace.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace strata::layerfs {

namespace {
class NativeSnapshot : public Snapshot {
public:
  NativeSnapshot(TempDir directory, UniqueFd root, std::string upper)
      : directory_(std::move(directory)), root_(std::move(root)), upper_(std::move(upper)) {}
  ~NativeSnapshot() override {
    if (!attachedAt_.empty()) ::umount2(attachedAt_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  }

  std::string tree() const { return joinPath(directory_.path(), "tree"); }
  llvm::Error rememberForCollecting() { return before_.remember(tree()); }

  int rootFd() const override { return root_.get(); }
  bool isDetachedMount() const override { return false; }
  const NotedOwners* owners() const override { return owners_ ? &*owners_ : nullptr; }
  void setOwners(NotedOwners owners) { owners_ = std::move(owners); }

  llvm::Error attachAt(const std::string& directory) override {
    UniqueFd mount(::open_tree(root_.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
    if (!mount) return errnoFault("mount the snapshot at " + directory);
    mount_attr attributes{.attr_set = MOUNT_ATTR_RDONLY};
    if (upper_.empty() && ::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
      return errnoFault("make the snapshot read-only");
    if (auto error = attachMount(mount.get(), directory)) return error;
    attachedAt_ = directory;
    return llvm::Error::success();
  }

  llvm::Error collectChanges() override {
    return upper_.empty() ? llvm::Error::success() : before_.collect(tree(), upper_);
  }

private:
  TempDir directory_;
  UniqueFd root_;
  std::string upper_;  ///< of the draft; empty: read-only
  std::string attachedAt_;
  ChangeCollector before_;
  std::optional<NotedOwners> owners_;
};

llvm::Error copyDirectory(const std::string& directory, TreeWriter& writer) {
  return walkFiles(directory, FurtherNames::Hardlinks, [&](const LayerEntry& entry, const struct stat&, int file) {
    FdSource content(file);
    return writer.add(entry, content, file);
  });
}

class NativeSnapshotter : public Snapshotter {
public:
  NativeSnapshotter(const std::string& staging, const std::string& lasting)
      : staging_(staging), base_(staging, lasting) {}
  llvm::StringRef name() const override { return "native"; }

  llvm::Expected<std::unique_ptr<Snapshot>> mount(const SnapshotSpec& spec) override {
    bool mayGive = mayMakeAnyFile() || spec.layers.empty();
    if (!mayGive && spec.draft)
      return fault(FaultKind::Unsupported,
                   "who may neither make user namespaces nor give files to others can neither mount an image's files "
                   "nor copy them: nothing can run on them; 'strata doctor' says what would help");
    auto directory = TempDir::make(staging_, "snapshot-");
    if (!directory) return directory.takeError();
    std::string tree = joinPath(directory->path(), "tree");
    if (::mkdir(tree.c_str(), 0755) != 0 || ::chmod(tree.c_str(), 0755) != 0) return errnoFault("make " + tree);
    NotedOwners owners;
    if (auto error = mayGive ? copyLayers(spec, tree) : copyToRead(spec, tree, owners)) return error;
    auto root = openFile(tree, O_RDONLY | O_DIRECTORY);
    if (!root) return root.takeError();
    std::string upper = spec.draft ? spec.draft->upper() : "";
    auto snapshot = std::make_unique<NativeSnapshot>(std::move(*directory), std::move(*root), std::move(upper));
    if (!mayGive) snapshot->setOwners(std::move(owners));
    if (!spec.draft) return snapshot;
    if (auto error = snapshot->rememberForCollecting()) return error;
    if (auto error = copyDraft(spec.draft->upper(), tree)) return error;
    return snapshot;
  }

private:
  llvm::Error copyLayers(const SnapshotSpec& spec, const std::string& tree) {
    auto writer = TreeWriter::open(tree, Removals::Applied);
    if (!writer) return writer.takeError();
    if (spec.withMountPoints) {
      if (auto error = base_.prepare()) return error;
      if (auto error = copyDirectory(base_.mountPoints(), *writer)) return error;
    }
    for (const auto& layer : distinctLayers(spec.layers)) {
      auto directory = layer->directory();
      if (!directory) return directory.takeError();
      if (auto error = copyDirectory(directory->path, *writer)) return error;
    }
    return writer->finish();
  }

  /// The layers themselves may lie in a form that is not for us to make.
  static llvm::Error copyToRead(const SnapshotSpec& spec, const std::string& tree, NotedOwners& owners) {
    auto writer = TreeWriter::open(tree, Removals::Applied, &owners);
    if (!writer) return writer.takeError();
    for (const auto& layer : distinctLayers(spec.layers)) {
      auto error = layer->walk([&](const LayerEntry& entry, ByteSource& content) {
        LayerEntry shown = entry;
        if (spec.namesOnly) shown.size = 0;
        return writer->add(shown, content);
      });
      if (error) return error;
    }
    return writer->finish();
  }

  /// What is in the draft before the mount is a change like those to come.
  static llvm::Error copyDraft(const std::string& upper, const std::string& tree) {
    auto writer = TreeWriter::open(tree, Removals::Applied);
    if (!writer) return writer.takeError();
    if (auto error = copyDirectory(upper, *writer)) return error;
    return writer->finish();
  }

  std::string staging_;
  SnapshotBase base_;
};
}  // namespace

std::unique_ptr<Snapshotter> makeNativeSnapshotter(const std::string& staging, const std::string& lasting) {
  return std::make_unique<NativeSnapshotter>(staging, lasting);
}

}  // namespace strata::layerfs

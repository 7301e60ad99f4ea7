#include "layerfs/host_note.h"
#include "layerfs/overlay_format.h"
#include "layerfs/overlay_mount.h"
#include "layerfs/snapshot_drivers.h"
#include "support/fault.h"

#include <sys/mount.h>
#include <sys/stat.h>

namespace strata::layerfs {

namespace {
class OverlaySnapshot : public Snapshot {
public:
  OverlaySnapshot(std::vector<std::shared_ptr<Layer>> layers, UniqueFd mount)
      : layers_(std::move(layers)), mount_(std::move(mount)) {}
  ~OverlaySnapshot() override {
    if (!attachedAt_.empty()) ::umount2(attachedAt_.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  }

  int rootFd() const override { return mount_.get(); }
  bool isDetachedMount() const override { return true; }
  llvm::Error attachAt(const std::string& directory) override {
    if (auto error = attachMount(mount_.get(), directory)) return error;
    attachedAt_ = directory;
    return llvm::Error::success();
  }
  bool leaveAttached() override {
    attachedAt_.clear();
    return true;
  }
  /// The draft is the mount's upper directory: there is nothing to bring.
  llvm::Error collectChanges() override { return llvm::Error::success(); }

private:
  std::vector<std::shared_ptr<Layer>> layers_;  ///< held while their directories are mounted
  UniqueFd mount_;
  std::string attachedAt_;
};

class OverlaySnapshotter : public Snapshotter {
public:
  OverlaySnapshotter(std::string staging, std::string lasting) : base_(std::move(staging), std::move(lasting)) {}
  llvm::StringRef name() const override { return "overlay"; }

  llvm::Expected<std::unique_ptr<Snapshot>> mount(const SnapshotSpec& spec) override {
    auto layers = distinctLayers(spec.layers);
    OverlayMount overlay;
    for (const auto& layer : llvm::reverse(layers)) {
      auto directory = layer->directory();
      if (!directory) return directory.takeError();
      overlay.lowers.push_back(std::move(*directory));
    }
    if (spec.draft) {
      overlay.upper = spec.draft->upper();
      overlay.work = spec.draft->work();
      overlay.isVolatile = !spec.draft->isDurable();
    }
    if (auto error = addBase(overlay, spec)) return error;
    auto mounted = mountOverlay(overlay);
    if (!mounted) return mounted.takeError();
    return std::make_unique<OverlaySnapshot>(std::move(layers), std::move(*mounted));
  }

private:
  llvm::Error addBase(OverlayMount& overlay, const SnapshotSpec& spec) {
    size_t least = spec.draft ? 1 : 2;
    if (!spec.withMountPoints && overlay.lowers.size() >= least) return llvm::Error::success();
    if (auto error = base_.prepare()) return error;
    if (spec.withMountPoints) overlay.lowers.push_back({.path = base_.mountPoints()});
    if (overlay.lowers.size() < least) overlay.lowers.push_back({.path = base_.firstEmpty()});
    if (overlay.lowers.size() < least) overlay.lowers.push_back({.path = base_.secondEmpty()});
    return llvm::Error::success();
  }

  SnapshotBase base_;
};

/// Mounts as a step would: an upper directory asks more of the file system than lower ones do.
llvm::Error probeOverlay(const std::string& staging) {
  auto directory = TempDir::make(staging, "probe-");
  if (!directory) return directory.takeError();
  OverlayMount overlay;
  overlay.lowers = {{.path = directory->path() + "/lower"}};
  overlay.upper = directory->path() + "/upper";
  overlay.work = directory->path() + "/work";
  for (const std::string& path : {overlay.lowers.front().path, overlay.upper, overlay.work})
    if (::mkdir(path.c_str(), 0700) != 0) return errnoFault("make " + path);
  return mountOverlay(overlay).takeError();
}
}  // namespace

llvm::Expected<std::unique_ptr<Snapshotter>> openOverlaySnapshotter(const std::string& staging,
                                                                    const std::string& lasting) {
  HostNote note(staging, lasting, "overlay-works");
  llvm::StringRef answer = overlayMarksAreUserXattrs() ? "with user xattrs" : "yes";
  if (note.read() != answer.str()) {  // should a note be wrong, the first mount says so
    if (auto error = probeOverlay(staging)) {
      bool ofHost = kindOf(error) != FaultKind::Io;
      if (!ofHost) return error;
      return fault(FaultKind::Unsupported, "overlay cannot be mounted here: " + messageOf(std::move(error)));
    }
    if (lasting != staging)
      if (auto error = note.write(answer)) return error;
  }
  return std::make_unique<OverlaySnapshotter>(staging, lasting);
}

}  // namespace strata::layerfs

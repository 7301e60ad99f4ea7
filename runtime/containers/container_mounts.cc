#include "runtime/containers/container_mounts.h"

#include "runtime/containers/container_volumes.h"
#include "runtime/containers/truth.h"
#include "runtime/volumes/volume_seed.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using Kind = MountRequest::Kind;

class MountDecision {
public:
  MountDecision(const layerfs::Image& image, ContainerStore& store) : image_(image), store_(store) {}

  llvm::Error decide(const MountsWanted& wanted) {
    if (auto error = checkRequests(wanted.requests)) return error;
    for (const MountRequest& request : wanted.requests)
      if (auto error = add(request)) return error;
    for (const VolumesFrom& from : wanted.from)
      if (auto error = addFrom(from)) return error;
    for (const std::string& place : image_.config.volumes)
      if (auto error = addDeclared(place)) return error;
    return llvm::Error::success();
  }
  DecidedMounts& decided() { return decided_; }

private:
  /// Before anything is made.
  static llvm::Error checkRequests(llvm::ArrayRef<MountRequest> requests) {
    std::set<StringRef> targets;
    for (const MountRequest& request : requests) {
      if (!targets.insert(request.target).second)
        return fault(FaultKind::Invalid, "Duplicate mount point: " + printable(request.target));
      if (StringRef(request.propagation).contains("shared"))
        return fault(FaultKind::Unsupported, "not yet supported: propagation " + request.propagation +
                                                 " (rslave or rprivate): mounts of a container do not reach the host");
      if (!request.subpath.empty())
        return fault(FaultKind::Unsupported, "not yet supported: volume-subpath=" + printable(request.subpath));
      if (request.kind == Kind::Bind && !request.makesSource && !pathExists(request.source))
        return fault(FaultKind::Invalid, "invalid mount config for type \"bind\": bind source path does not exist: " +
                                             printable(request.source));
    }
    return llvm::Error::success();
  }

  bool isTaken(StringRef target) const {
    return llvm::any_of(decided_.mounts, [&](const ContainerMount& mount) { return mount.destination == target; });
  }

  llvm::Error add(const MountRequest& request) {
    if (request.kind == Kind::Volume) return addVolume(request);
    ContainerMount mount = commonOf(request);
    if (request.kind == Kind::Bind) {
      mount.type = "bind";
      mount.source = request.source;
      mount.propagation = request.propagation.empty() ? "rprivate" : request.propagation;
      mount.nonRecursive = !request.isRecursive;
      if (request.makesSource && !pathExists(request.source))
        if (auto error = makeDirectories(request.source))
          return withContext(std::move(error), "error while creating mount source path '" + request.source + "'");
    } else {
      mount.type = "tmpfs";
    }
    decided_.mounts.push_back(std::move(mount));
    return llvm::Error::success();
  }

  static ContainerMount commonOf(const MountRequest& request) {
    ContainerMount mount;
    mount.destination = request.target;
    mount.mode = request.mode;
    mount.readWrite = !request.readOnly;
    return mount;
  }

  llvm::Error addVolume(const MountRequest& request) {
    auto volume = makeVolume(request);
    if (!volume) return volume.takeError();
    ContainerMount mount = commonOf(request);
    mount.type = "volume";
    mount.name = volume->name;
    mount.driver = kLocalDriver.str();
    // From here on there is something to be removed if the rest fails.
    if (request.source.empty()) decided_.made.push_back(mount);
    decided_.mounts.push_back(std::move(mount));
    return applyBacking(*volume, decided_.mounts.back());
  }

  static llvm::Error applyBacking(const Volume& volume, ContainerMount& mount) {
    auto backing = backingOf(volume.options);
    if (!backing) return withContext(backing.takeError(), "volume " + volume.name);
    switch (backing->kind) {
      case VolumeBacking::Kind::Directory:
        mount.source = volume.mountpoint;
        return llvm::Error::success();
      case VolumeBacking::Kind::Bind:
        mount.source = backing->source;
        mount.readWrite = mount.readWrite && backing->options != "ro";
        return llvm::Error::success();
      case VolumeBacking::Kind::Tmpfs:
        mount.mode = backing->options;
        return llvm::Error::success();
    }
    return llvm::Error::success();
  }

  llvm::Expected<Volume> makeVolume(const MountRequest& request) {
    auto volumes = store_.volumes();
    if (!volumes) return volumes.takeError();
    VolumeWish wish{request.source, request.options, request.labels};
    if (!request.copies) return (*volumes)->make(wish);
    auto stack = imageFiles();
    if (!stack) return stack.takeError();
    auto seed = seedOf(**stack, request.target);
    if (!seed) return seed.takeError();
    if (!*seed) return (*volumes)->make(wish);
    return (*volumes)->make(wish, [&](const std::string& to) { return seedVolume(**stack, **seed, to); });
  }

  /// Read without mounting anything; opened for the first volume.
  llvm::Expected<const layerfs::LayerStack*> imageFiles() {
    if (files_) return &*files_;
    std::vector<std::unique_ptr<layerfs::LayerReader>> readers;
    for (const std::shared_ptr<layerfs::Layer>& layer : image_.layers) {
      auto reader = layer->reader();
      if (!reader) return reader.takeError();
      readers.push_back(std::move(*reader));
    }
    return &files_.emplace(std::move(readers));
  }

  llvm::Error addFrom(const VolumesFrom& from) {
    auto other = findContainer(store_, from.container);
    if (!other) return other.takeError();
    for (ContainerMount& mount : other->mounts) {
      if (mount.type == "tmpfs" || isTaken(mount.destination)) continue;
      mount.readWrite = mount.readWrite && !from.readOnly;
      decided_.mounts.push_back(std::move(mount));
    }
    return llvm::Error::success();
  }

  llvm::Error addDeclared(StringRef place) {
    auto target = mountTarget(place);
    if (!target) return withContext(target.takeError(), "VOLUME of the image");
    if (isTaken(*target)) return llvm::Error::success();
    MountRequest request;
    request.target = std::move(*target);
    return addVolume(request);
  }

  const layerfs::Image& image_;
  ContainerStore& store_;
  std::optional<layerfs::LayerStack> files_;
  DecidedMounts decided_;
};
}  // namespace

llvm::Expected<DecidedMounts> decideMounts(const MountsWanted& wanted, const layerfs::Image& image,
                                           ContainerStore& store) {
  MountDecision decision(image, store);
  auto error = decision.decide(wanted);
  if (error) return llvm::joinErrors(std::move(error), removeAnonymousVolumes(store, decision.decided().made));
  return std::move(decision.decided());
}

}  // namespace strata::runtime

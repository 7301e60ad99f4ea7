#include "runtime/files/container_files.h"

#include "layerfs/directory_items.h"
#include "layerfs/empty_layer.h"
#include "layerfs/layer_tar.h"
#include "layerfs/layer_walk.h"
#include "layerfs/tar_pipeline.h"
#include "runtime/files/steady_source.h"
#include "support/fault.h"

#include <map>

namespace strata::runtime {

namespace {
using layerfs::EntryKind;
using layerfs::LayerEntry;

std::string upperOf(const Container& container, const ContainerStore& containers) {
  return joinPath(containers.directory(container.id).layer(), "upper");
}

enum class OwnLayer { No, Yes };

/// Bottom first: the empty mount points, the image's layers, its own.
llvm::Expected<layerfs::LayerStack> stackOf(const Container& container, const ContainerStore& containers,
                                            layerfs::Store& store, OwnLayer own) {
  std::vector<std::unique_ptr<layerfs::LayerReader>> readers;
  auto add = [&](llvm::Expected<std::unique_ptr<layerfs::LayerReader>> reader) -> llvm::Error {
    if (!reader) return reader.takeError();
    readers.push_back(std::move(*reader));
    return llvm::Error::success();
  };
  std::string mountPoints = joinPath(store.root(), "layers/base/mountpoints"), upper = upperOf(container, containers);
  if (pathExists(mountPoints))
    if (auto error = add(layerfs::openDirectoryReader(mountPoints))) return error;
  auto image = store.images().load(container.imageId);
  if (!image) return withContext(image.takeError(), "image of the container");
  for (const std::shared_ptr<layerfs::Layer>& layer : image->layers)
    if (auto error = add(layer->reader())) return error;
  if (own == OwnLayer::Yes && pathExists(upper))
    if (auto error = add(layerfs::openDirectoryReader(upper))) return error;
  return layerfs::LayerStack(std::move(readers));
}

/// Times of directories and contents of equal size and time are not looked at.
bool isSame(const LayerEntry& now, const LayerEntry& before) {
  if (now.kind != before.kind || now.mode != before.mode || now.uid != before.uid || now.gid != before.gid)
    return false;
  if (now.kind == EntryKind::Directory) return true;
  return now.size == before.size && now.mtime == before.mtime && now.linkTarget == before.linkTarget &&
         now.deviceMajor == before.deviceMajor && now.deviceMinor == before.deviceMinor;
}

class Comparison {
public:
  explicit Comparison(const layerfs::LayerStack& image) : image_(image) {}

  llvm::Error add(const LayerEntry& entry) {
    if (entry.path.empty()) return llvm::Error::success();
    if (entry.kind == EntryKind::Opaque) return addHidden(entry.path);
    // What the image had at this very place: a link on the way there leads elsewhere.
    auto found = image_.find(entry.path, layerfs::FinalLink::Keep);
    if (!found) return found.takeError();
    bool was = *found && (*found)->entry.path == entry.path;
    if (entry.kind == EntryKind::Whiteout) {
      if (was) note(entry.path, ChangeKind::Deleted);
    } else if (!was) {
      note(entry.path, ChangeKind::Added);
    } else if (!isSame(entry, (*found)->entry)) {
      note(entry.path, ChangeKind::Modified);
    } else {
      changes_.erase("/" + entry.path);  // hidden with its directory, and made again as it was
    }
    return llvm::Error::success();
  }

  std::vector<FileChange> take() {
    std::vector<FileChange> all;
    for (auto& [path, kind] : changes_) all.push_back({path, kind});
    return all;
  }

private:
  void note(llvm::StringRef path, ChangeKind kind) {
    changes_["/" + path.str()] = kind;
    for (size_t slash; (slash = path.rfind('/')) != llvm::StringRef::npos;) {
      path = path.take_front(slash);
      changes_.try_emplace("/" + path.str(), ChangeKind::Modified);
    }
  }

  /// Everything that the image has in the directory is gone, but for what comes after this.
  llvm::Error addHidden(const std::string& directory) {
    return image_.walk(
        [&](const LayerEntry& entry, ByteSource&, int) {
          llvm::StringRef below = entry.path;
          bool isChild = below.consume_front(directory + "/") && !below.contains('/');
          if (isChild) note(entry.path, ChangeKind::Deleted);
          return llvm::Error::success();
        },
        directory);
  }

  const layerfs::LayerStack& image_;
  std::map<std::string, ChangeKind> changes_;
};
}  // namespace

llvm::Expected<std::vector<FileChange>> changesOf(const Container& container, const ContainerStore& containers,
                                                  layerfs::Store& store) {
  std::string upper = upperOf(container, containers);
  if (!pathExists(upper)) return std::vector<FileChange>();
  auto image = stackOf(container, containers, store, OwnLayer::No);
  if (!image) return image.takeError();
  Comparison comparison(*image);
  auto compare = [&](const LayerEntry& entry, const struct stat&, int) { return comparison.add(entry); };
  if (auto error = layerfs::walkFiles(upper, layerfs::FurtherNames::Files, compare)) return error;
  return comparison.take();
}

llvm::Error exportContainer(const Container& container, const ContainerStore& containers, layerfs::Store& store,
                            ByteSink& sink) {
  auto files = stackOf(container, containers, store, OwnLayer::Yes);
  if (!files) return files.takeError();
  layerfs::LayerTarWriter tar(sink);
  auto error = files->walk([&](const LayerEntry& entry, ByteSource& content, int) {
    SteadySource steady(content, entry.size);
    return tar.add(entry, entry.kind == EntryKind::File ? &steady : nullptr);
  });
  if (error) return error;
  return tar.finish();
}

llvm::Expected<std::shared_ptr<layerfs::Layer>> layerOf(const Container& container, const ContainerStore& containers,
                                                        layerfs::Store& store, const CancelToken& cancel) {
  std::string upper = upperOf(container, containers);
  if (!pathExists(upper)) return nullptr;
  auto items = layerfs::DirectoryItems::open(upper);
  if (!items) return items.takeError();
  auto draft = store.layers().makeTarDraft();
  if (!draft) return draft.takeError();
  layerfs::LayerIndex index;
  auto written = layerfs::writeTar([&] { return items->next(); }, draft->file(), index, cancel);
  if (!written) return written.takeError();
  if (written->size == layerfs::kEmptyTarSize) return nullptr;
  return store.layers().publish(std::move(*draft), index, {layerfs::DiffId(written->digest), written->size});
}

}  // namespace strata::runtime

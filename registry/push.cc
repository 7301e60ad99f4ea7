#include "registry/push.h"

#include "layerfs/outline_tail.h"
#include "registry/at_once.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <map>

namespace strata::registry {

namespace {
using layerfs::Descriptor;
namespace media = layerfs::media;
}  // namespace

llvm::Expected<std::vector<Descriptor>> pushBlobs(LayerPush& push,
                                                  llvm::ArrayRef<std::shared_ptr<layerfs::Layer>> layers,
                                                  llvm::StringRef config) {
  std::vector<layerfs::Layer*> once;
  for (const std::shared_ptr<layerfs::Layer>& layer : layers)
    if (!llvm::is_contained(once, layer.get())) once.push_back(layer.get());
  std::vector<Descriptor> blobs(once.size());
  auto error = atOnce(once.size() + 1, [&](size_t i) -> llvm::Error {
    if (i == once.size()) return push.pushConfig(config);
    auto blob = push.push(*once[i]);
    if (!blob) return blob.takeError();
    blobs[i] = std::move(*blob);
    return llvm::Error::success();
  });
  if (error) return error;
  std::vector<Descriptor> all;
  for (const std::shared_ptr<layerfs::Layer>& layer : layers)
    all.push_back(blobs[size_t(llvm::find(once, layer.get()) - once.begin())]);
  return all;
}

llvm::Error pushRoot(Repository& repository, llvm::StringRef text, llvm::StringRef mediaType,
                     llvm::ArrayRef<std::string> tags) {
  if (tags.empty()) return repository.pushManifest(text, mediaType, digestOf(text).str());
  for (const std::string& tag : tags)
    if (auto error = repository.pushManifest(text, mediaType, tag)) return error;
  return llvm::Error::success();
}

namespace {
class ImagePush {
public:
  ImagePush(LayerPush& push, Repository& repository, layerfs::Store& store, layerfs::MediaFamily family)
      : push_(push), repository_(repository), store_(store), family_(family) {}

  struct Document {
    Descriptor descriptor;
    std::string text;
  };

  /// Layers and configuration of one image, and the manifest that names them, not yet sent.
  llvm::Expected<Document> image(const layerfs::Image& image) {
    auto stored = store_.content().read(image.manifest);
    if (!stored) return stored.takeError();
    auto manifest = layerfs::parseManifest(*stored);
    if (!manifest) return manifest.takeError();
    auto config = store_.content().read(image.id);
    if (!config) return config.takeError();
    auto layers = pushBlobs(push_, image.layers, *config);
    if (!layers) return layers.takeError();

    bool same = manifest->layers.size() == layers->size();
    for (size_t i = 0; same && i < layers->size(); ++i) same = manifest->layers[i].digest == (*layers)[i].digest;
    if (!same) *stored = rewritten(*manifest, *layers, config->size());
    return document(std::move(*stored), manifest->mediaType, image.config.platform);
  }

  llvm::Expected<Document> index(const layerfs::ImageIndex& known) {
    auto stored = store_.content().read(known.id);
    if (!stored) return stored.takeError();
    auto index = layerfs::parseIndex(*stored);
    if (!index) return index.takeError();
    for (const layerfs::IndexMember& member : known.members) {
      auto image = store_.images().load(member.image);
      if (!image) return image.takeError();
      image->manifest = member.manifest;  // as the index has it
      auto manifest = this->image(*image);
      if (!manifest) return manifest.takeError();
      const Descriptor& sent = manifest->descriptor;
      if (auto error = repository_.pushManifest(manifest->text, sent.mediaType, sent.digest.str())) return error;
      for (Descriptor& entry : index->manifests) {
        if (entry.digest != member.manifest) continue;
        entry.mediaType = sent.mediaType;
        entry.digest = sent.digest;
        entry.size = sent.size;
      }
    }
    index->mediaType = (family_ == layerfs::MediaFamily::Docker ? media::kDockerList : media::kOciIndex).str();
    return document(layerfs::printIndex(*index), index->mediaType, {});
  }

private:
  static Document document(std::string text, llvm::StringRef mediaType, std::optional<layerfs::Platform> platform) {
    Descriptor descriptor{.mediaType = mediaType.str(), .digest = digestOf(text), .size = text.size()};
    descriptor.platform = std::move(platform);
    return {std::move(descriptor), std::move(text)};
  }

  /// What the manifest says, over these blobs.
  std::string rewritten(layerfs::Manifest& manifest, llvm::ArrayRef<Descriptor> layers, uint64_t configSize) const {
    bool docker = family_ == layerfs::MediaFamily::Docker;
    manifest.mediaType = (docker ? media::kDockerManifest : media::kOciManifest).str();
    manifest.config.mediaType = (docker ? media::kDockerConfig : media::kOciConfig).str();
    manifest.config.size = configSize;
    for (size_t i = 0; i < layers.size() && i < manifest.layers.size(); ++i) {
      auto annotations = std::move(manifest.layers[i].annotations);
      annotations.erase(layerfs::kOutlineAnnotation.str());  // it is about the blob, not the layer
      manifest.layers[i] = layers[i];
      manifest.layers[i].annotations.merge(annotations);
      if (docker) manifest.layers[i].annotations.clear();
    }
    return layerfs::printManifest(manifest);
  }

  LayerPush& push_;
  Repository& repository_;
  layerfs::Store& store_;
  layerfs::MediaFamily family_;
};
}  // namespace

llvm::Expected<Descriptor> pushImage(LayerPush& push, Repository& repository, layerfs::Store& store, const Digest& id,
                                     llvm::ArrayRef<std::string> tags, layerfs::MediaFamily family) {
  ImagePush image(push, repository, store, family);
  auto isIndex = store.images().indexes().contains(id);
  if (!isIndex) return isIndex.takeError();
  auto root = [&]() -> llvm::Expected<ImagePush::Document> {
    if (!*isIndex) {
      auto loaded = store.images().load(id);
      if (!loaded) return loaded.takeError();
      return image.image(*loaded);
    }
    auto index = store.images().indexes().load(id);
    if (!index) return index.takeError();
    return image.index(*index);
  }();
  if (!root) return root.takeError();
  if (auto error = pushRoot(repository, root->text, root->descriptor.mediaType, tags)) return error;
  if (auto error = store.images().digests().put(id, {repository.reference().repository(), root->descriptor.digest}))
    return error;
  return std::move(root->descriptor);
}

}  // namespace strata::registry

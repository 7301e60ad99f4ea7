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

llvm::Expected<PushedBlobs> pushBlobs(LayerPush& push, Repository& repository,
                                      llvm::ArrayRef<std::shared_ptr<layerfs::Layer>> layers, llvm::StringRef config,
                                      ManifestOver manifestOver, llvm::ArrayRef<std::string> tags) {
  std::vector<layerfs::Layer*> once;
  for (const std::shared_ptr<layerfs::Layer>& layer : layers)
    if (!llvm::is_contained(once, layer.get())) once.push_back(layer.get());
  auto ofAll = [&](llvm::ArrayRef<Descriptor> blobs) {
    std::vector<Descriptor> all;
    for (const std::shared_ptr<layerfs::Layer>& layer : layers)
      all.push_back(blobs[size_t(llvm::find(once, layer.get()) - once.begin())]);
    return all;
  };
  auto known = push.takeKnown(once, [&](llvm::ArrayRef<Descriptor> blobs) -> llvm::Expected<bool> {
    auto manifest = manifestOver(ofAll(blobs));
    if (!manifest) return manifest.takeError();
    if (!tags.empty()) {
      auto leadsThere = repository.hasManifest(*manifest, tags.front());
      if (!leadsThere || *leadsThere) return leadsThere;
    }
    return repository.hasManifest(*manifest, manifest->str());
  });
  if (!known) return known.takeError();
  if (*known) return PushedBlobs{.layers = ofAll(**known), .hasManifest = true};
  std::vector<Descriptor> blobs(once.size());
  auto error = atOnce(once.size() + 1, [&](size_t i) -> llvm::Error {
    if (i == once.size()) return push.pushConfig(config);
    auto blob = push.push(*once[i]);
    if (!blob) return blob.takeError();
    blobs[i] = std::move(*blob);
    return llvm::Error::success();
  });
  if (error) return error;
  return PushedBlobs{.layers = ofAll(blobs)};
}

llvm::Error pushRoot(Repository& repository, llvm::StringRef text, llvm::StringRef mediaType,
                     llvm::ArrayRef<std::string> tags, AskFirst ask) {
  Digest digest = digestOf(text);
  std::vector<std::string> names = tags.empty() ? std::vector{digest.str()} : tags.vec();
  for (const std::string& name : names) {
    auto leadsThere = ask == AskFirst::Yes ? repository.hasManifest(digest, name) : llvm::Expected<bool>(false);
    if (!leadsThere) return leadsThere.takeError();
    if (*leadsThere) continue;
    if (auto error = repository.pushManifest(text, mediaType, name)) return error;
  }
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
    bool isThere = false;  ///< the repository has it; of an index: may have it
  };

  /// Layers and configuration of one image, and the manifest that names them, not yet sent.
  llvm::Expected<Document> image(const layerfs::Image& image, llvm::ArrayRef<std::string> tags) {
    auto stored = store_.content().read(image.manifest);
    if (!stored) return stored.takeError();
    auto manifest = layerfs::parseManifest(*stored);
    if (!manifest) return manifest.takeError();
    auto config = store_.content().read(image.id);
    if (!config) return config.takeError();
    auto over = [&](llvm::ArrayRef<Descriptor> layers) -> Document {
      bool same = std::equal(layers.begin(), layers.end(), manifest->layers.begin(), manifest->layers.end(),
                             [](const Descriptor& a, const Descriptor& b) { return a.digest == b.digest; });
      if (same) return document(*stored, manifest->mediaType, image.config.platform);
      layerfs::Manifest other = *manifest;
      std::string text = rewritten(other, layers, config->size());
      return document(std::move(text), other.mediaType, image.config.platform);
    };
    auto blobs = pushBlobs(
        push_, repository_, image.layers, *config,
        [&](llvm::ArrayRef<Descriptor> layers) { return over(layers).descriptor.digest; }, tags);
    if (!blobs) return blobs.takeError();
    Document sent = over(blobs->layers);
    sent.isThere = blobs->hasManifest;
    return sent;
  }

  llvm::Expected<Document> index(const layerfs::ImageIndex& known) {
    auto stored = store_.content().read(known.id);
    if (!stored) return stored.takeError();
    auto index = layerfs::parseIndex(*stored);
    if (!index) return index.takeError();
    bool allThere = true;
    for (const layerfs::IndexMember& member : known.members) {
      auto image = store_.images().load(member.image);
      if (!image) return image.takeError();
      image->manifest = member.manifest;  // as the index has it
      auto manifest = this->image(*image, {});
      if (!manifest) return manifest.takeError();
      const Descriptor& sent = manifest->descriptor;
      allThere &= manifest->isThere;
      if (!manifest->isThere)
        if (auto error = pushRoot(repository_, manifest->text, sent.mediaType, {}, AskFirst::No)) return error;
      for (Descriptor& entry : index->manifests) {
        if (entry.digest != member.manifest) continue;
        entry.mediaType = sent.mediaType;
        entry.digest = sent.digest;
        entry.size = sent.size;
      }
    }
    index->mediaType = (family_ == layerfs::MediaFamily::Docker ? media::kDockerList : media::kOciIndex).str();
    Document root = document(layerfs::printIndex(*index), index->mediaType, {});
    root.isThere = allThere;  // most likely
    return root;
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
      return image.image(*loaded, tags);
    }
    auto index = store.images().indexes().load(id);
    if (!index) return index.takeError();
    return image.index(*index);
  }();
  if (!root) return root.takeError();
  AskFirst ask = root->isThere ? AskFirst::Yes : AskFirst::No;
  if (auto error = pushRoot(repository, root->text, root->descriptor.mediaType, tags, ask)) return error;
  if (auto error = store.images().digests().put(id, {repository.reference().repository(), root->descriptor.digest}))
    return error;
  return std::move(root->descriptor);
}

}  // namespace strata::registry

#include "layerfs/image_archive.h"

#include "layerfs/layer_tar.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/Support/raw_ostream.h>

#include <map>
#include <set>

namespace strata::layerfs {

namespace {
using llvm::StringRef;

/// Where a large layer begins in the archive: the kernel copies a file in pieces of 64 KiB, a third faster where both
/// sides begin at a multiple of that.
constexpr size_t kCopyPiece = 64 << 10;
constexpr uint64_t kLargeLayer = 8 << 20;

/// docker.io/library/app:1 -> app:1, docker.io/user/app:1 -> user/app:1: as docker writes RepoTags.
StringRef familiar(StringRef name) {
  if (name.consume_front("docker.io/")) name.consume_front("library/");
  return name;
}
StringRef tagOf(StringRef name) {
  return name.rsplit('/').second.empty() ? name.rsplit(':').second : name.rsplit('/').second.rsplit(':').second;
}

class ArchiveWriter {
public:
  ArchiveWriter(ContentStore& content, ByteSink& sink) : content_(content), tar_(sink) {}

  llvm::Error write(llvm::ArrayRef<SaveItem> items) {
    if (auto error = directory("blobs")) return error;
    if (auto error = directory("blobs/sha256")) return error;
    for (const SaveItem& one : items)
      if (auto error = item(one)) return error;
    if (auto error = file("index.json", indexJson(items))) return error;
    if (auto error = file("manifest.json", manifestJson(items))) return error;
    if (auto error = file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})")) return error;
    return tar_.finish();
  }

private:
  llvm::Error directory(StringRef path) {
    return tar_.add({.path = path.str(), .kind = EntryKind::Directory, .mode = 0755}, nullptr);
  }
  llvm::Error file(StringRef path, StringRef bytes) {
    StringSource source(bytes);
    return tar_.add({.path = path.str(), .kind = EntryKind::File, .mode = 0644, .size = bytes.size()}, &source);
  }
  static std::string blobPath(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

  llvm::Error document(const Digest& digest) {
    if (!written_.insert(digest).second) return llvm::Error::success();
    auto bytes = content_.read(digest);
    if (!bytes) return bytes.takeError();
    return file(blobPath(digest), *bytes);
  }

  llvm::Error item(const SaveItem& item) {
    if (auto error = image(item.image)) return error;
    for (const Image& other : item.others)
      if (auto error = image(other)) return error;
    return item.index ? index(item.index->id) : llvm::Error::success();
  }

  llvm::Error image(const Image& image) {
    for (const std::shared_ptr<Layer>& one : image.layers)
      if (auto error = layer(*one)) return error;
    if (auto error = document(image.id)) return error;
    return manifest(image);
  }

  llvm::Error text(const Digest& known, std::string bytes, StringRef mediaType) {
    Descriptor written{.mediaType = mediaType.str(), .digest = digestOf(bytes), .size = bytes.size()};
    roots_[known] = written;
    return written_.insert(written.digest).second ? file(blobPath(written.digest), bytes) : llvm::Error::success();
  }

  /// As the archive has the layers: tars, whatever blobs they came as.
  llvm::Error manifest(const Image& image) {
    auto bytes = content_.read(image.manifest);
    if (!bytes) return bytes.takeError();
    auto manifest = parseManifest(*bytes);
    if (!manifest) return manifest.takeError();
    bool asTars = true;
    for (size_t i = 0; i < image.layers.size() && i < manifest->layers.size(); ++i) {
      auto identity = image.layers[i]->tarIdentity();
      if (!identity) return identity.takeError();
      Descriptor& layer = manifest->layers[i];
      if (layer.digest == identity->diffId.digest) continue;
      asTars = false;
      layer.mediaType = media::kOciLayer.str();
      layer.digest = identity->diffId.digest;
      layer.size = identity->size;
    }
    if (asTars) return text(image.manifest, std::move(*bytes), manifest->mediaType);
    manifest->mediaType = media::kOciManifest.str();
    manifest->config.mediaType = media::kOciConfig.str();
    return text(image.manifest, printManifest(*manifest), manifest->mediaType);
  }

  /// Over the manifests as the archive has them.
  llvm::Error index(const Digest& id) {
    auto bytes = content_.read(id);
    if (!bytes) return bytes.takeError();
    auto index = parseIndex(*bytes);
    if (!index) return index.takeError();
    bool changed = false;
    for (Descriptor& member : index->manifests) {
      auto found = roots_.find(member.digest);
      if (found == roots_.end() || found->second.digest == member.digest) continue;
      changed = true;
      member.mediaType = found->second.mediaType;
      member.digest = found->second.digest;
      member.size = found->second.size;
    }
    return text(id, changed ? printIndex(*index) : std::move(*bytes), index->mediaType);
  }

  llvm::Error layer(Layer& layer) {
    if (auto error = layer.bring()) return error;  // its size stands before its bytes
    auto identity = layer.tarIdentity();
    if (!identity) return identity.takeError();
    if (!written_.insert(identity->diffId.digest).second) return llvm::Error::success();
    return tar_.addStreamed(
        {.path = blobPath(identity->diffId.digest), .kind = EntryKind::File, .mode = 0644, .size = identity->size},
        [&](ByteSink& sink) { return layer.writeTar(sink); }, identity->size < kLargeLayer ? kTarBlock : kCopyPiece);
  }

  std::string indexJson(llvm::ArrayRef<SaveItem> items) {
    Index index;
    for (const SaveItem& item : items) {
      Descriptor descriptor = roots_.at(item.index ? item.index->id : item.image.manifest);
      if (!item.index) descriptor.platform = item.image.config.platform;
      if (item.names.empty()) index.manifests.push_back(descriptor);
      for (const std::string& name : item.names) {
        descriptor.annotations = {{"io.containerd.image.name", name},
                                  {"org.opencontainers.image.ref.name", tagOf(name).str()}};
        index.manifests.push_back(descriptor);
      }
    }
    return printIndex(index);
  }

  static std::string manifestJson(llvm::ArrayRef<SaveItem> items) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    llvm::json::OStream out(stream);
    out.array([&] {
      for (const SaveItem& item : items)
        out.object([&] {
          out.attribute("Config", blobPath(item.image.id));
          out.attributeArray("RepoTags", [&] {
            for (const std::string& name : item.names) out.value(familiar(name));
          });
          out.attributeArray("Layers", [&] {
            for (const DiffId& diffId : item.image.config.diffIds) out.value(blobPath(diffId.digest));
          });
        });
    });
    return text;
  }

  ContentStore& content_;
  LayerTarWriter tar_;
  std::set<Digest> written_;
  std::map<Digest, Descriptor> roots_;  ///< manifests and indexes as they are in the archive, by the store's digests
};
}  // namespace

llvm::Error saveArchive(llvm::ArrayRef<SaveItem> items, ContentStore& content, ByteSink& sink) {
  return ArchiveWriter(content, sink).write(items);
}

}  // namespace strata::layerfs

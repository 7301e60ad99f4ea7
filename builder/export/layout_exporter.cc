// An OCI image layout, in a tar or a directory: oci-layout, index.json, blobs/sha256/<hex>; for docker a manifest.json
// beside them. Layers are compressed into a nameless file one at a time, since their size stands before their bytes.
// Source: OCI image-layout v1.1; spec OUT-6 to OUT-10.

#include "builder/export/exporter.h"
#include "builder/export/image_document.h"
#include "builder/export/layout_target.h"
#include "layerfs/outline_tail.h"
#include "registry/reference.h"
#include "support/fault.h"

#include <llvm/Support/raw_ostream.h>

#include <fcntl.h>
#include <unistd.h>

namespace strata::builder {

namespace {
using layerfs::Compression;
using layerfs::Descriptor;
using llvm::StringRef;

std::string layoutBlobPath(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

class LayoutExporter {
public:
  LayoutExporter(const ExportJob& job, LayoutTarget& target) : job_(job), target_(target) {}

  llvm::Expected<ExportedImage> run() {
    ExportedImage exported{.names = job_.spec.image.names};
    std::vector<Descriptor> manifests;
    for (const PlatformResult& result : job_.results) {
      auto documents = image(result);
      if (!documents) return documents.takeError();
      exported.configs.push_back(documents->config.descriptor.digest);
      manifests.push_back(std::move(documents->manifest.descriptor));
    }
    exported.descriptor = manifests.front();
    if (job_.asIndex || manifests.size() > 1) {
      Document index = indexDocument(std::move(manifests), job_.spec.image);
      if (auto error = document(index)) return error;
      exported.descriptor = index.descriptor;
      annotate(exported.descriptor.annotations, job_.spec.image.annotations, Annotation::Place::IndexDescriptor);
    }
    if (auto error = finish(exported.descriptor)) return error;
    return exported;
  }

private:
  llvm::Expected<ImageDocuments> image(const PlatformResult& result) {
    std::vector<Descriptor> layers;
    for (size_t i = 0; i < result.layers.size(); ++i) {
      // The store has the base's layers uncompressed: so they stay unless the compression is forced (OUT-10).
      bool compress = i >= result.baseLayers || job_.spec.image.forceCompression;
      auto blob = layer(*result.layers[i], compress ? job_.spec.image.compression.kind : Compression::None);
      if (!blob) return blob.takeError();
      layers.push_back(std::move(*blob));
    }
    auto documents = imageDocuments(result, std::move(layers), job_.spec.image);
    if (!documents) return documents.takeError();
    if (auto error = document(documents->config)) return error;
    if (auto error = document(documents->manifest)) return error;
    dockerLayers_.clear();
    config_ = documents->config.descriptor.digest;
    auto manifest = layerfs::parseManifest(documents->manifest.bytes);
    if (!manifest) return manifest.takeError();
    for (const Descriptor& one : manifest->layers) dockerLayers_.push_back(one.digest);
    return documents;
  }

  llvm::Error blob(const Descriptor& descriptor, llvm::function_ref<llvm::Error(ByteSink&)> produce) {
    if (!written_.insert(descriptor.digest).second) return llvm::Error::success();
    return target_.file(layoutBlobPath(descriptor.digest), descriptor.size, produce);
  }
  llvm::Error document(const Document& document) {
    return blob(document.descriptor, [&](ByteSink& sink) { return sink.write(document.bytes); });
  }

  llvm::Expected<Descriptor> layer(layerfs::Layer& layer, Compression compression) {
    if (auto error = layer.bring()) return error;
    auto identity = layer.tarIdentity();
    if (!identity) return identity.takeError();
    auto known = layers_.find({identity->diffId, compression});
    if (known != layers_.end()) return known->second;
    Descriptor descriptor{.mediaType = layerfs::layerMediaType(job_.spec.image.family, compression).str()};
    if (compression == Compression::None) {
      descriptor.digest = identity->diffId.digest;
      descriptor.size = identity->size;
      if (auto error = blob(descriptor, [&](ByteSink& sink) { return layer.writeTar(sink); })) return error;
    } else if (auto error = compressed(layer, compression, descriptor)) {
      return error;
    }
    return layers_[{identity->diffId, compression}] = descriptor;
  }

  llvm::Error compressed(layerfs::Layer& layer, Compression compression, Descriptor& descriptor) {
    std::string path = joinPath(job_.store.staging(), "blob-XXXXXX");
    UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file) return errnoFault("stage a layer in " + job_.store.staging());
    ::unlink(path.c_str());
    FdSink out(file.get());
    HashingSink hashing(&out);
    auto compressor = layerfs::makeCompressor({compression, job_.spec.image.compression.level}, hashing);
    if (auto error = layer.writeTar(*compressor)) return error;
    if (auto error = compressor->finish()) return error;
    auto tail = layerfs::makeOutlineTail(layer, compression);
    if (!tail) return tail.takeError();
    if (auto error = hashing.write(*tail)) return error;
    descriptor.size = hashing.size();
    descriptor.digest = hashing.finish();
    if (job_.spec.image.family == layerfs::MediaFamily::Oci) layerfs::noteOutlineTail(descriptor, *tail);
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return errnoFault("read a staged layer");
    FdSource source(file.get());
    return blob(descriptor, [&](ByteSink& sink) { return copyAll(source, sink).takeError(); });
  }

  llvm::Error text(StringRef path, StringRef bytes) {
    return target_.file(path.str(), bytes.size(), [&](ByteSink& sink) { return sink.write(bytes); });
  }

  /// What a reader looks at first comes last, when all that it names is there.
  llvm::Error finish(const Descriptor& root) {
    if (job_.spec.type == OutputType::Docker)
      if (auto error = text("manifest.json", dockerManifest())) return error;
    if (auto error = text("oci-layout", R"({"imageLayoutVersion":"1.0.0"})")) return error;
    if (auto error = text("index.json", rootIndex(root))) return error;
    return target_.finish();
  }

  /// One descriptor a name (OUT-7).
  std::string rootIndex(Descriptor root) const {
    root.annotations.emplace("org.opencontainers.image.created", createdOf(job_.results, job_.epoch));
    layerfs::Index index;
    if (job_.spec.image.names.empty()) index.manifests.push_back(root);
    for (const std::string& name : job_.spec.image.names) {
      index.manifests.push_back(root);
      auto& annotations = index.manifests.back().annotations;
      annotations.emplace("io.containerd.image.name", name);
      auto reference = registry::parseReference(name);
      if (reference)
        annotations.emplace("org.opencontainers.image.ref.name", reference->tag);
      else
        llvm::consumeError(reference.takeError());  // names are canonical: they were read once
    }
    return layerfs::printIndex(index);
  }

  std::string dockerManifest() const {
    std::string json;
    llvm::raw_string_ostream stream(json);
    llvm::json::OStream out(stream);
    out.array([&] {
      out.object([&] {
        out.attribute("Config", layoutBlobPath(config_));
        out.attributeArray("RepoTags", [&] {
          for (const std::string& name : job_.spec.image.names)
            if (auto reference = registry::parseReference(name))
              out.value(reference->familiar());
            else
              llvm::consumeError(reference.takeError());
        });
        out.attributeArray("Layers", [&] {
          for (const Digest& digest : dockerLayers_) out.value(layoutBlobPath(digest));
        });
      });
    });
    return json;
  }

  const ExportJob& job_;
  LayoutTarget& target_;
  std::set<Digest> written_;
  std::map<std::pair<layerfs::DiffId, Compression>, Descriptor> layers_;  ///< shared by several platforms
  Digest config_;                                                         ///< of the last image, for docker
  std::vector<Digest> dockerLayers_;
};
}  // namespace

llvm::Expected<ExportedImage> exportLayout(const ExportJob& job) {
  if (!job.spec.tar) {
    auto target = makeDirectoryLayout(job.spec.destination);
    if (!target) return target.takeError();
    return LayoutExporter(job, **target).run();
  }
  ExportedImage exported;
  auto error = writeDestination(job, [&](ByteSink& sink) -> llvm::Error {
    auto target = makeTarLayout(sink);
    if (!target) return target.takeError();
    auto result = LayoutExporter(job, **target).run();
    if (!result) return result.takeError();
    exported = std::move(*result);
    return llvm::Error::success();
  });
  if (error) return error;
  return exported;
}

}  // namespace strata::builder

#include "builder/export/image_document.h"

#include "support/text.h"

namespace strata::builder {

namespace media = layerfs::media;

llvm::Expected<std::string> configDocument(const PlatformResult& result) {
  layerfs::ImageConfig config = result.config;
  config.diffIds.clear();
  for (const std::shared_ptr<layerfs::Layer>& layer : result.layers) {
    auto identity = layer->tarIdentity();
    if (!identity) return identity.takeError();
    config.diffIds.push_back(identity->diffId);
  }
  return layerfs::printImageConfig(config);
}

namespace {
Document documentOf(std::string bytes, llvm::StringRef mediaType) {
  layerfs::Descriptor descriptor{.mediaType = mediaType.str(), .digest = digestOf(bytes), .size = bytes.size()};
  return {std::move(bytes), std::move(descriptor)};
}
}  // namespace

llvm::Expected<ImageDocuments> imageDocuments(const PlatformResult& result, std::vector<layerfs::Descriptor> layers,
                                              const ImageAttributes& attributes) {
  auto config = configDocument(result);
  if (!config) return config.takeError();
  bool docker = attributes.family == layerfs::MediaFamily::Docker;
  ImageDocuments documents;
  documents.config = documentOf(std::move(*config), docker ? media::kDockerConfig : media::kOciConfig);
  layerfs::Manifest manifest{.mediaType = (docker ? media::kDockerManifest : media::kOciManifest).str(),
                             .config = documents.config.descriptor,
                             .layers = std::move(layers)};
  for (size_t i = 0; i < result.layerAnnotations.size() && !docker; ++i)  // docker's descriptors have none
    manifest.layers[i].annotations = result.layerAnnotations[i];
  annotate(manifest.annotations, attributes.annotations, Annotation::Place::Manifest, &result.platform);
  documents.manifest = documentOf(layerfs::printManifest(manifest), manifest.mediaType);
  documents.manifest.descriptor.platform = result.config.platform;
  annotate(documents.manifest.descriptor.annotations, attributes.annotations, Annotation::Place::ManifestDescriptor,
           &result.platform);
  return documents;
}

Document indexDocument(std::vector<layerfs::Descriptor> manifests, const ImageAttributes& attributes) {
  bool docker = attributes.family == layerfs::MediaFamily::Docker;
  layerfs::Index index{.mediaType = (docker ? media::kDockerList : media::kOciIndex).str(),
                       .manifests = std::move(manifests)};
  annotate(index.annotations, attributes.annotations, Annotation::Place::Index);
  return documentOf(layerfs::printIndex(index), index.mediaType);
}

std::string createdOf(llvm::ArrayRef<PlatformResult> results, std::optional<int64_t> epochSeconds) {
  int64_t newest = 0;
  for (const PlatformResult& result : results) newest = std::max(newest, result.config.created.value_or(0));
  int64_t seconds = epochSeconds.value_or(newest / 1'000'000'000);
  return rfc3339(seconds * 1'000'000'000);
}

}  // namespace strata::builder

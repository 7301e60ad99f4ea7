#include "builder/export/exporter.h"
#include "builder/export/image_document.h"
#include "support/fault.h"

namespace strata::builder {

using Place = Annotation::Place;

namespace {
llvm::Expected<layerfs::Image> storeOne(const ExportJob& job, const PlatformResult& result) {
  layerfs::ManifestNotes notes{.layers = result.layerAnnotations};
  annotate(notes.annotations, job.spec.image.annotations, Place::Manifest, &result.platform);
  return job.store.images().create(result.config, result.layers, notes);
}

llvm::Expected<Digest> storeIndex(const ExportJob& job, llvm::ArrayRef<layerfs::Image> images) {
  layerfs::IndexNotes notes;
  annotate(notes.annotations, job.spec.image.annotations, Place::Index, nullptr);
  for (const PlatformResult& result : job.results)
    annotate(notes.manifests.emplace_back(), job.spec.image.annotations, Place::ManifestDescriptor, &result.platform);
  auto index = job.store.images().indexes().create(images, notes);
  if (!index) return index.takeError();
  return index->id;
}
}  // namespace

llvm::Expected<ExportedImage> exportToStore(const ExportJob& job) {
  ExportedImage exported{.names = job.spec.image.names};
  std::vector<layerfs::Image> images;
  for (const PlatformResult& result : job.results) {
    auto image = storeOne(job, result);
    if (!image) return image.takeError();
    exported.configs.push_back(image->id);
    images.push_back(std::move(*image));
  }
  layerfs::Descriptor& descriptor = exported.descriptor;
  if (job.asIndex || images.size() > 1) {
    auto index = storeIndex(job, images);
    if (!index) return index.takeError();
    descriptor = {.mediaType = layerfs::media::kOciIndex.str(), .digest = *index};
    annotate(descriptor.annotations, job.spec.image.annotations, Place::IndexDescriptor, nullptr);
  } else {
    descriptor = {.mediaType = layerfs::media::kOciManifest.str(),
                  .digest = images.front().manifest,
                  .platform = images.front().config.platform};
    annotate(descriptor.annotations, job.spec.image.annotations, Place::ManifestDescriptor,
             &job.results.front().platform);
  }
  auto size = job.store.content().sizeOf(descriptor.digest);
  if (!size) return size.takeError();
  descriptor.size = *size;
  return exported;
}

}  // namespace strata::builder

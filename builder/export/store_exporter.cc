#include "builder/export/exporter.h"
#include "builder/export/image_document.h"
#include "support/fault.h"

namespace strata::builder {

llvm::Expected<ExportedImage> exportToStore(const ExportJob& job) {
  if (job.asIndex || job.results.size() != 1)
    return fault(FaultKind::Unsupported,
                 "not yet supported: an image of several platforms in the store; write it with -o type=oci,dest=FILE");
  const PlatformResult& result = job.results.front();
  layerfs::ManifestNotes notes{.layers = result.layerAnnotations};
  annotate(notes.annotations, job.spec.image.annotations, Annotation::Place::Manifest, &result.platform);
  auto image = job.store.images().create(result.config, result.layers, notes);
  if (!image) return image.takeError();
  auto size = job.store.content().sizeOf(image->manifest);
  if (!size) return size.takeError();
  ExportedImage exported{.configs = {image->id}, .names = job.spec.image.names};
  exported.descriptor = {.mediaType = layerfs::media::kOciManifest.str(),
                         .digest = image->manifest,
                         .size = *size,
                         .platform = image->config.platform};
  annotate(exported.descriptor.annotations, job.spec.image.annotations, Annotation::Place::ManifestDescriptor,
           &result.platform);
  return exported;
}

}  // namespace strata::builder

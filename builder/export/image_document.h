#pragma once
/// \file The documents of an image that leaves the store: configuration, manifest, index. Source: OCI image-spec v1.1;
/// spec OUT-7, OUT-9, OUT-22, ANN-1 to ANN-4.

#include "builder/export/output_spec.h"
#include "builder/export/platform_result.h"
#include "layerfs/descriptor.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::builder {

/// The configuration with its diffIds.
llvm::Expected<std::string> configDocument(const PlatformResult& result);

/// A document with the descriptor that stands for it.
struct Document {
  std::string bytes;
  layerfs::Descriptor descriptor;
};
struct ImageDocuments {
  Document config, manifest;  ///< the manifest's descriptor has the platform and what it is annotated with
};
/// `layers`: blobs and sizes, bottom first, as they are stored where the image goes.
llvm::Expected<ImageDocuments> imageDocuments(const PlatformResult& result, std::vector<layerfs::Descriptor> layers,
                                              const ImageAttributes& attributes);

/// The index over these manifests, in their order.
Document indexDocument(std::vector<layerfs::Descriptor> manifests, const ImageAttributes& attributes);

/// When the result came about: the epoch, or else the newest configuration's time; RFC 3339.
std::string createdOf(llvm::ArrayRef<PlatformResult> results, std::optional<int64_t> epochSeconds);

}  // namespace strata::builder

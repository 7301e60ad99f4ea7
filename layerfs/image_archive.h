#pragma once
/// \file Images in one file. Saved: a tar that is both a docker archive (manifest.json) and an OCI image layout
/// (oci-layout, index.json, blobs/sha256/...), deterministic. Loaded: either, in any compression, or a layout
/// directory. Source: OCI image-layout v1.1; docker image spec v1.2, Combined Image JSON.

#include "layerfs/image_store.h"
#include "support/bytes.h"
#include "support/cancel.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::layerfs {

struct SaveItem {
  Image image;
  std::vector<std::string> names;  ///< canonical; may be empty
};

/// Layers are written uncompressed, each once however many images share it.
[[nodiscard]] llvm::Error saveArchive(llvm::ArrayRef<SaveItem> items, ContentStore& content, ByteSink& sink);

struct LoadedImage {
  Digest id;
  std::vector<std::string> names;  ///< as the archive has them: not normalised
};

/// Every digest is checked; what fails leaves nothing behind but layers that are whole. `staging` holds blobs
/// meanwhile. Faults: Invalid for what is no image archive; Corrupt naming the blob.
llvm::Expected<std::vector<LoadedImage>> loadArchive(ByteSource& source, ImageStore& images, LayerStore& layers,
                                                     const std::string& staging);
llvm::Expected<std::vector<LoadedImage>> loadLayout(const std::string& directory, ImageStore& images,
                                                    LayerStore& layers);

}  // namespace strata::layerfs

#pragma once
/// \file Images in one file. Saved: a tar that is both a docker archive (manifest.json) and an OCI image layout
/// (oci-layout, index.json, blobs/sha256/...), deterministic. Loaded: either, in any compression, or a layout
/// directory. Source: OCI image-layout v1.1; docker image spec v1.2, Combined Image JSON.

#include "layerfs/image_store.h"
#include "layerfs/platform.h"
#include "support/bytes.h"
#include "support/cancel.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

struct SaveItem {
  Image image;
  std::vector<std::string> names;   ///< canonical; may be empty
  std::optional<ImageIndex> index;  ///< of several platforms: `image` is the usual one of it ...
  std::vector<Image> others;        ///< ... and these are the rest
};

/// Layers are written uncompressed, each once however many images share it.
[[nodiscard]] llvm::Error saveArchive(llvm::ArrayRef<SaveItem> items, ContentStore& content, ByteSink& sink);

struct LoadedImage {
  Digest id;                       ///< an image's, or an index's
  std::vector<std::string> names;  ///< as the archive has them: not normalised
  std::vector<Digest> members;     ///< of an index: its images
};

/// Every digest is checked; what fails leaves nothing behind but layers that are whole. `staging` holds blobs
/// meanwhile. Of an index every image that the archive has is loaded, or with `only` the one that runs there. Faults:
/// Invalid for what is no image archive; Corrupt naming the blob; NotFound where an index has no image that is wanted.
llvm::Expected<std::vector<LoadedImage>> loadArchive(ByteSource& source, ImageStore& images, LayerStore& layers,
                                                     const std::string& staging, std::optional<Platform> only = {});
llvm::Expected<std::vector<LoadedImage>> loadLayout(const std::string& directory, ImageStore& images,
                                                    LayerStore& layers, std::optional<Platform> only = {});

/// One image of a layout: by the digest of its manifest or index, else by its tag, else the only one there is; of an
/// index the image for the platform. Its id. Faults: NotFound; otherwise as loadLayout().
struct LayoutChoice {
  std::optional<Digest> digest;
  std::string tag;  ///< empty: "latest"
  Platform platform = hostPlatform();
};
llvm::Expected<Digest> loadFromLayout(const std::string& directory, const LayoutChoice& choice, ImageStore& images,
                                      LayerStore& layers);

}  // namespace strata::layerfs

#pragma once
/// \file Images as people name them: by reference, by id, by the beginning of an id.

#include "layerfs/image_store.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::cli {

struct FoundImage {
  Digest id;                        ///< an image's, or that of an index of several platforms
  std::optional<std::string> name;  ///< canonical, when it was found by a name
};

/// A name wins over the beginning of an id, as in docker; a short one is also found under the name that the settings of
/// registries have for it, of which it was pulled. Faults: NotFound `No such image: x:latest`, with a near name;
/// Invalid for a beginning that several ids share.
llvm::Expected<FoundImage> findImage(layerfs::ImageStore& images, llvm::StringRef text);
/// The same, loaded; of an index the image that runs on `platform`, which may be empty: this machine's, else the first.
/// Faults: also NotFound where there is none for it, Invalid for a platform that is none.
llvm::Expected<layerfs::Image> loadImage(layerfs::ImageStore& images, llvm::StringRef text,
                                         llvm::StringRef platform = {});
/// The index of this id; nothing where it is an image's.
llvm::Expected<std::optional<layerfs::ImageIndex>> loadIndex(layerfs::ImageStore& images, const Digest& id);

/// "app:latest" of a canonical name; a name that is none stays as it is.
std::string familiarName(llvm::StringRef canonical);
/// "app" and "latest"; "<none>" for what is not there.
struct NameParts {
  std::string repository = "<none>", tag = "<none>";
};
NameParts partsOf(llvm::StringRef canonical);
/// A row of a listing each, never none. An image whose names have gone to others still belongs to the repositories that
/// it came from.
std::vector<NameParts> shownNames(const layerfs::ImageSummary& image);

}  // namespace strata::cli

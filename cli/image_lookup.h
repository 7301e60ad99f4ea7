#pragma once
/// \file Images as people name them: by reference, by id, by the beginning of an id.

#include "layerfs/image_store.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::cli {

struct FoundImage {
  Digest id;
  std::optional<std::string> name;  ///< canonical, when it was found by a name
};

/// A name wins over the beginning of an id, as in docker. Faults: NotFound `No such image: x:latest`, with a near name;
/// Invalid for a beginning that several ids share.
llvm::Expected<FoundImage> findImage(layerfs::ImageStore& images, llvm::StringRef text);
/// The same, loaded.
llvm::Expected<layerfs::Image> loadImage(layerfs::ImageStore& images, llvm::StringRef text);

/// "app:latest" of a canonical name; a name that is none stays as it is.
std::string familiarName(llvm::StringRef canonical);
/// "app" and "latest"; "<none>" for what is not there.
struct NameParts {
  std::string repository = "<none>", tag = "<none>";
};
NameParts partsOf(llvm::StringRef canonical);

}  // namespace strata::cli

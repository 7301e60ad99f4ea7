#pragma once
/// \file Images of the store as an archive takes them.

#include "layerfs/image_archive.h"
#include "layerfs/image_store.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

/// `id` is an image's, or an index's: of that all images, or with a platform that one alone. Faults: as loadImage().
llvm::Expected<layerfs::SaveItem> saveItem(layerfs::ImageStore& images, const Digest& id,
                                           std::vector<std::string> names, llvm::StringRef platform);

}  // namespace strata::cli

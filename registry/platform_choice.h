#pragma once
/// \file Of an index the manifest for one platform. Source: OCI image-spec v1.1, image-index.md.

#include "layerfs/descriptor.h"

#include <llvm/Support/Error.h>

namespace strata::registry {

/// The best where several would do (layerfs::platformsFor). Faults: NotFound, saying what there is.
llvm::Expected<layerfs::Descriptor> chooseManifest(const layerfs::Index& index, const layerfs::Platform& platform);

}  // namespace strata::registry

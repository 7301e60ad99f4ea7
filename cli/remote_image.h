#pragma once
/// \file An image as its registry has it, without pulling it.

#include "layerfs/image_store.h"
#include "registry/client.h"

#include <llvm/Support/Error.h>

namespace strata::cli {

/// Manifest and configuration alone: no layers; `size` is that of the blobs, `manifest` what the name leads to (an
/// index, perhaps). `platform` may be empty: this machine's. Faults: those of Repository; NotFound without the
/// platform.
llvm::Expected<layerfs::Image> loadRemoteImage(registry::Client& client, llvm::StringRef name,
                                               llvm::StringRef platform);

}  // namespace strata::cli

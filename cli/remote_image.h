#pragma once
/// \file An image as its registry has it, without pulling it.

#include "analyzer/image/image_source.h"
#include "layerfs/image_store.h"
#include "registry/client.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>

#include <memory>

namespace strata::cli {

/// Manifest and configuration alone: no layers; `size` is that of the blobs, `manifest` what the name leads to (an
/// index, perhaps). `platform` may be empty: this machine's. Faults: those of Repository; NotFound without the
/// platform.
llvm::Expected<layerfs::Image> loadRemoteImage(registry::Client& client, llvm::StringRef name,
                                               llvm::StringRef platform);

/// The same to be analysed: documents at once; layers that `layers` has are read there, the others streamed out of the
/// registry when they are walked over, and not kept; `progress` hears of these. Borrows client and store.
llvm::Expected<std::unique_ptr<analyzer::ImageSource>> openRemoteImage(registry::Client& client, llvm::StringRef name,
                                                                       llvm::StringRef platform,
                                                                       layerfs::LayerStore& layers,
                                                                       std::shared_ptr<ProgressSink> progress);

}  // namespace strata::cli

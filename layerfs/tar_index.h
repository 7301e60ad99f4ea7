#pragma once
/// \file From a layer's tar to the index that it is mounted with.

#include "layerfs/layer_index.h"
#include "support/bytes.h"

#include <llvm/Support/Error.h>

namespace strata::layerfs {

/// Reads the tar to its last byte, checking every entry. Faults: Invalid for a tar that is none or lies; Io.
[[nodiscard]] llvm::Error indexTar(ByteSource& source, LayerIndex& index);

}  // namespace strata::layerfs

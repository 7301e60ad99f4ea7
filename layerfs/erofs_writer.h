#pragma once
/// \file A LayerIndex as an EROFS image that the kernel mounts with the layer's tar as its external device: metadata
/// only, about 100 bytes a file. The same index gives the same bytes. Whiteouts and opaque marks appear as overlayfs
/// reads them.

#include "layerfs/layer_index.h"
#include "support/bytes.h"

#include <llvm/Support/Error.h>

namespace strata::layerfs {

/// `tar`: the layer's tar, `tarSize` bytes; read only for the rare sparse file whose pieces do not begin on a tar
/// block, which is copied into the image. Faults: Invalid for what EROFS cannot hold (an xattr of more than 64 KiB,
/// more than 256 KiB of them on one file); Io.
[[nodiscard]] llvm::Error writeErofs(const LayerIndex& index, int tar, uint64_t tarSize, ByteSink& sink);

}  // namespace strata::layerfs

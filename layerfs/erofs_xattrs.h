#pragma once
/// \file The extended attributes of one inode as EROFS keeps them behind it.

#include "layerfs/layer_index.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::layerfs::erofs {

/// Header and entries, each padded to 4 bytes; empty without any. `opaque` adds overlay's mark.
/// Faults: Invalid for a namespace, name or value that EROFS cannot hold, naming it.
llvm::Expected<std::string> packXattrs(const LayerIndex::Xattrs* xattrs, bool opaque);

}  // namespace strata::layerfs::erofs

#pragma once
/// \file The extended attributes of one inode as EROFS keeps them behind it.

#include "layerfs/layer_index.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::layerfs::erofs {

/// Whether a file of this kind can have it: not one of a namespace that Linux does not know ("com.apple.quarantine"),
/// nor "user." where nobody may set these. What cannot be had is left out, as docker does when it unpacks.
bool holdsXattr(EntryKind kind, llvm::StringRef name);

/// Header and entries, each padded to 4 bytes; empty without any. `opaque` adds overlay's mark.
/// Faults: Invalid for a namespace, name or value that EROFS cannot hold, naming it.
llvm::Expected<std::string> packXattrs(const LayerIndex::Xattrs* xattrs, bool opaque);

/// The way back, for bytes that may be damaged: those that travel with a layer, and whether overlay's mark is among
/// them; nothing where they are no such list.
struct UnpackedXattrs {
  LayerIndex::Xattrs xattrs;
  bool opaque = false;
};
std::optional<UnpackedXattrs> unpackXattrs(llvm::StringRef packed);

}  // namespace strata::layerfs::erofs

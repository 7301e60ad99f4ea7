#pragma once
/// \file A layer's tar with its index on their way into the store.

#include "layerfs/layer_store.h"

#include <sys/stat.h>
#include <optional>
#include <string>

namespace strata::layerfs {

/// What tells a file from itself after somebody touched it: number, size and time of its last change. A rename of the
/// file, not one of its directory, counts as a touch.
std::string stampOf(const struct stat& status);

/// Writes the index of a tar of `size` bytes, which is open as `tar`, to a new file.
[[nodiscard]] llvm::Error writeIndex(const LayerIndex& tree, int tar, uint64_t size, const std::string& path);

/// A tar that was read from somewhere, complete with its index, in a directory that can become a layer's.
struct StagedTar {
  TarDraft draft;  ///< whose layer() has `tar` and `index`
  Layer::TarIdentity identity;
  std::string stamp;  ///< of the tar
};
/// Writes the index beside the draft's tar, whose file is whole.
llvm::Expected<StagedTar> complete(TarDraft draft, const LayerIndex& index, const Layer::TarIdentity& identity);
/// Reads an uncompressed tar to its end, validated entry by entry. Faults: Invalid; Corrupt if it does not hash to
/// `expected`.
llvm::Expected<StagedTar> stageTar(ByteSource& tar, const std::string& staging, std::optional<DiffId> expected);

}  // namespace strata::layerfs

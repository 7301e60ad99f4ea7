#pragma once
/// \file The identities of layers. Three different things that are all "digest-like" and must not be mixed.

#include "support/digest.h"

#include <llvm/ADT/ArrayRef.h>

#include <compare>
#include <cstdint>

namespace strata::layerfs {

/// Digest of a layer's uncompressed tar. Source: OCI image-spec v1.1, config.md, rootfs.diff_ids.
struct DiffId {
  Digest digest;
  auto operator<=>(const DiffId&) const = default;
};

/// Identity of a stack of diffIDs. Source: OCI image-spec v1.1, config.md, Layer ChainID.
struct ChainId {
  Digest digest;
  auto operator<=>(const ChainId&) const = default;
};

/// ChainID of the stack, bottom first; all zeros for an empty one.
ChainId chainIdOf(llvm::ArrayRef<DiffId> diffIds);

/// A layer's number in this store: local, never sent, never part of a key. Never used twice.
struct LayerId {
  int64_t value = 0;
  auto operator<=>(const LayerId&) const = default;
};

}  // namespace strata::layerfs

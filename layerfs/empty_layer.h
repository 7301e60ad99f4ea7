#pragma once
/// \file The layer that changes nothing of what it stands on, as `RUN true` leaves it. Layers that change / itself have
/// its digest too, for tars do not carry that: whoever takes a layer for empty asks here.

#include "layerfs/layer_store.h"
#include "layerfs/layer_tar.h"

namespace strata::layerfs {

/// The tar of no entries: two blocks of zeros.
inline constexpr uint64_t kEmptyTarSize = 2 * kTarBlock;
const DiffId& emptyDiffId();

/// / as it is made where nobody changed it: 0755, 0:0.
bool isUsualRoot(const LayerEntry& entry);
/// Told by the first entries.
llvm::Expected<bool> holdsNothing(Layer& layer);
/// Of a directory in overlay upper format.
llvm::Expected<bool> holdsNothing(const std::string& directory);

}  // namespace strata::layerfs

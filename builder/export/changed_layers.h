#pragma once
/// \file Results with other layers than the build made: with times no later than SOURCE_DATE_EPOCH, or with all since
/// the base in one. Source: spec SDE-7; docker's `build --squash`.

#include "builder/export/platform_result.h"
#include "layerfs/store.h"

#include <llvm/Support/Error.h>

#include <cstdint>

namespace strata::builder {

/// Clamps the times of the files in the new layers; the base's stay. Rewritten layers carry the annotation
/// "buildkit/rewritten-timestamp".
llvm::Expected<PlatformResult> rewriteTimestamps(PlatformResult result, int64_t epochSeconds, layerfs::Store& store);

/// Puts everything since the base into one layer. The history keeps its entries, now without layers, and gets one more
/// that says which image went into which ("merge <image> to <base>", "create new from <image>"). A result without new
/// layers stays as it is.
llvm::Expected<PlatformResult> squash(PlatformResult result, layerfs::Store& store);

}  // namespace strata::builder

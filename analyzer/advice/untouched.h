#pragma once
/// \file Whether a RUN left alone what a COPY had brought, so that it does not matter which of the two comes first.

#include "analyzer/advice/copied_tree.h"
#include "analyzer/advice/copy_parts.h"
#include "layerfs/layer_store.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>

namespace strata::analyzer {

/// By the layer that the RUN left. `parts` stay above it, and `destination` is the COPY's, as destinationOf() has it.
/// Nothing where the layer is not here.
llvm::Expected<std::optional<bool>> leavesUntouched(const builder::BuildStep& run, CopiedTree& tree,
                                                    const CopyParts& parts, llvm::StringRef destination,
                                                    layerfs::LayerStore& layers);

}  // namespace strata::analyzer

#pragma once
/// \file The files of a result as one tree, read from tars and indexes: nothing is mounted.

#include "builder/export/platform_result.h"
#include "layerfs/layer_stack.h"

#include <llvm/Support/Error.h>

namespace strata::builder {

/// Of a result without layers a tree without files.
llvm::Expected<layerfs::LayerStack> mergedFiles(const PlatformResult& result);

}  // namespace strata::builder

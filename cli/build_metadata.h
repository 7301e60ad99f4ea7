#pragma once
/// \file What `strata build --metadata-file` tells of a result, under buildx's keys. Source: spec OUT-20.

#include "builder/build.h"

#include <llvm/Support/JSON.h>

namespace strata::cli {

/// Findings of the build checks are in it where BUILDX_METADATA_WARNINGS is true and there are some.
llvm::json::Value metadataOf(const builder::BuildResult& result);

}  // namespace strata::cli

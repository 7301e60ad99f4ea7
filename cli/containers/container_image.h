#pragma once
/// \file The image of a new container: found in the store, or brought as `--pull` says.

#include "cli/containers/create_options.h"

namespace strata::cli {

/// Faults: NotFound; Invalid for a `--pull` that there is not; those of pullImage().
llvm::Expected<layerfs::Image> imageFor(const CreateOptions& options, llvm::StringRef text, Session& session,
                                        layerfs::Store& store);

}  // namespace strata::cli

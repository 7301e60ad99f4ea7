#pragma once
/// \file Dockerfile instructions given on the command line (`import -c`, `commit -c`), applied to an image's
/// configuration.

#include "layerfs/image_config.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::builder {

/// Each change is one or more of CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR,
/// read as in a Dockerfile whose base has this configuration; no history is added. Faults: Invalid, with the excerpt.
[[nodiscard]] llvm::Error applyChanges(llvm::ArrayRef<std::string> changes, layerfs::ImageConfig& config);

}  // namespace strata::builder

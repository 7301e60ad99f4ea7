#pragma once
/// \file `system df -v`: what each image, container, volume and step of the build cache takes.

#include "cli/session.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

namespace strata::cli {

/// docker's four tables; with a format one object, {"Images", "Containers", "Volumes", "BuildCache"}, as JSON or
/// through a template. Faults: Invalid for a template that does not fit; those of the store.
[[nodiscard]] llvm::Error printDiskDetails(llvm::StringRef format, Session& session);

}  // namespace strata::cli

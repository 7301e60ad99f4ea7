#pragma once
/// \file `system df -v`: what each image, container, volume and step of the build cache takes.

#include "cli/listing.h"
#include "cli/session.h"
#include "runtime/containers/container_store.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>

namespace strata::cli {

/// docker's four tables; with a format one object, {"Images", "Containers", "Volumes", "BuildCache"}, as JSON or
/// through a template. Faults: Invalid for a template that does not fit; those of the store.
[[nodiscard]] llvm::Error printDiskDetails(llvm::StringRef format, Session& session);

/// The containers' part, defined beside their commands. `now`: nanoseconds since 1970.
Listing containerDetails(llvm::ArrayRef<runtime::Container> all, const runtime::ContainerStore& containers,
                         int64_t now);

}  // namespace strata::cli

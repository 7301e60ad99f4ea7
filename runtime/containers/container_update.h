#pragma once
/// \file Changing a container that is there: its limits, also while it runs, and its restart policy.

#include "runtime/containers/container_store.h"

#include <llvm/Support/Error.h>

namespace strata::runtime {

/// Makes the row, and what runs of it, like `container`, a changed copy. The caller is in a mount namespace of its own.
/// Faults: Invalid for one that is being removed; Unavailable in the OCI runtime's words; Unsupported.
[[nodiscard]] llvm::Error updateContainer(ContainerStore& store, const Container& container);

}  // namespace strata::runtime

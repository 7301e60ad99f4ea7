#pragma once
/// \file What all stores of a host change together.

#include "support/files.h"

#include <llvm/Support/Error.h>

namespace strata::runtime {

/// Held by whoever changes the host's interfaces and firewall: netavark looks first and changes then. Faults: Denied;
/// Io.
llvm::Expected<FileLock> lockHostNetwork();

}  // namespace strata::runtime

#pragma once
/// \file The IPC, pid and UTS namespaces that a container shares with the host or with another container.

#include "runtime/containers/container.h"
#include "runtime/spec/container_spec.h"
#include "support/database.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// What HostConfig's modes may say. Faults: Invalid in docker's words; Unsupported for another container's IPC.
[[nodiscard]] llvm::Error checkNamespaceModes(const HostConfig& config);

/// Completes the spec of one run. What comes back is held until the OCI runtime has joined; nothing: nobody's is
/// joined. Faults: NotFound and Invalid for `container:NAME` that is not there, does not run.
llvm::Expected<UniqueFd> joinNamespaces(const Container& container, Database& database, const std::string& root,
                                        ContainerSpec& spec);

}  // namespace strata::runtime

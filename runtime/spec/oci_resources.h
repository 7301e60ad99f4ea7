#pragma once
/// \file What a container's control group is told: limits and device rules. Source: OCI runtime-spec v1.1,
/// config-linux.md, "Control groups".

#include "runtime/spec/container_spec.h"

#include <llvm/Support/JSON.h>

namespace strata::runtime {

/// linux.resources of these limits alone; what is not limited is left out. `update` of OCI runtimes reads the same.
llvm::json::Object ociResources(const ResourceLimits& limits);

/// docker's rules: nodes may be made, but only the harmless ones and the container's own devices opened; with
/// privileges, all.
llvm::json::Array ociDeviceRules(const ContainerSpec& spec);

}  // namespace strata::runtime

#pragma once
/// \file The limits of a container: docker's rules for them, what this host can hold to, and the form that OCI runtimes
/// take.

#include "runtime/containers/container.h"
#include "runtime/oci/host_cgroups.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

/// Completes what the limits leave open (swap is as much as memory again), drops what this host cannot hold to, and
/// gives a warning for each, in docker's words. Faults: Invalid in docker's words for limits that make no sense.
llvm::Expected<std::vector<std::string>> settleLimits(ContainerLimits& limits, const HostCgroups& host);

/// Faults: Unsupported where there are limits and nobody to hold to them.
llvm::Expected<ResourceLimits> resourceLimitsOf(const ContainerLimits& limits, bool withCgroup);

}  // namespace strata::runtime

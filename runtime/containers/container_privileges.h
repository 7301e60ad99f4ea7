#pragma once
/// \file What a container's processes may do: capabilities, seccomp, resource limits of processes, devices, sysctls.
/// One place for the first process and for those of `exec`.

#include "runtime/containers/container.h"
#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

namespace strata::runtime {

/// What every process of it gets. Faults: Invalid for unknown capabilities, options and broken profiles; Unsupported
/// for a label or a profile of a security module that this host does not have.
[[nodiscard]] llvm::Error setPrivileges(const HostConfig& config, ContainerSpec& spec);

/// The groups of --group-add, looked up in the container's root. Faults: NotFound.
[[nodiscard]] llvm::Error addGroups(const HostConfig& config, int rootFd, Identity& identity);

/// What the container as a whole gets beside. Faults: Invalid for a device that is not there.
[[nodiscard]] llvm::Error addDevices(const HostConfig& config, ContainerSpec& spec);

/// A program that starts another and reaps orphans, without needing anything of the container's files.
/// Faults: NotFound saying which package has one.
llvm::Expected<std::string> findInitProgram();

/// Whether a sysctl belongs to a namespace of the container's own. Faults: Invalid in docker's words.
[[nodiscard]] llvm::Error checkSysctl(llvm::StringRef name, const HostConfig& config);

}  // namespace strata::runtime

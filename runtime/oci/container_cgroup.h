#pragma once
/// \file The control group that an OCI runtime made for a container, in every hierarchy that the host has mounted.
/// Source: Linux, admin-guide/cgroup-v2.rst and admin-guide/cgroup-v1.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// Whether this process may make control groups here; without them a container has no device rules and no limits.
bool canMakeCgroups();

/// "/strata-<id>", or "<parent>/<id>": what the configuration's cgroupsPath says.
std::string containerCgroupPath(llvm::StringRef id, llvm::StringRef parent = {});

/// Removes it with what is below it; what is still in it is killed.
void removeContainerCgroup(const std::string& path);

/// Stops all processes of it where they are, or lets them go on. Faults: Unsupported where the host has no freezer for
/// it; Io.
enum class Freeze { No, Yes };
[[nodiscard]] llvm::Error freezeContainer(const std::string& path, Freeze freeze);

bool isFrozen(const std::string& path);

/// Whether the kernel ended a process of it for want of memory.
bool metOutOfMemory(const std::string& path);

}  // namespace strata::runtime

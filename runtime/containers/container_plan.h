#pragma once
/// \file From a container's row to the ContainerSpec of one run: the one place where user and mounts of a start are
/// decided. (Its network: container_network.h.)

#include "runtime/containers/container.h"
#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

namespace strata::runtime {

/// `rootFd` is the container's mounted root, in which users are looked up. Faults: NotFound for an unknown user or a
/// missing mount source; Unsupported for a platform that cannot be had here.
llvm::Expected<ContainerSpec> specOf(const Container& container, const layerfs::Platform& platform, int rootFd);

/// Of the control group that the OCI runtime makes for it.
std::string cgroupPathOf(const Container& container);

/// The signal that asks it to end: its own, else its image's, else SIGTERM.
int stopSignalOf(const Container& container);
/// "SIGTERM", "term", "15". Nothing for what is no signal.
std::optional<int> signalFromName(llvm::StringRef text);

}  // namespace strata::runtime

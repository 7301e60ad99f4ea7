#pragma once
/// \file What of a network is on the host: its bridge and rules, by netavark; a container's cable, by netlink. Each
/// call is whole by itself; who is on which network is the caller's knowledge.

#include "runtime/networks/network.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <vector>

namespace strata::runtime {

/// Whether the bridge is there.
llvm::Expected<bool> isUp(const Network& network);

/// Puts the container's interface into its namespace: address, up, default route unless the network is internal or
/// there is one. Makes the bridge and its rules where they are missing, and the endpoint's ports. Faults: NotFound
/// without netavark; Unavailable.
[[nodiscard]] llvm::Error plugIn(const Network& network, const Endpoint& endpoint, int netNamespace);
/// Out of a container that goes on running.
[[nodiscard]] llvm::Error unplug(const Network& network, const Endpoint& endpoint, int netNamespace);
/// The host answers for the endpoint's ports no more.
[[nodiscard]] llvm::Error closePorts(const Network& network, const Endpoint& endpoint);
/// Removes bridge and rules, and whatever is still plugged in.
[[nodiscard]] llvm::Error removeBridge(const Network& network);

}  // namespace strata::runtime

#pragma once
/// \file The door to netavark: the program that makes a network's bridge and firewall rules, publishes ports, and makes
/// macvlan interfaces. It keeps nothing; what it is told to take away is what it was told to make. Source: netavark's
/// documentation, "netavark(1)"; podman's network types.

#include "runtime/networks/network.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// The environment: iptables is called some thirty times and looked for in each of these.
inline constexpr char kIptablesSearch[] = "PATH=/usr/sbin:/sbin:/usr/bin:/bin";

/// A container on a network, as netavark is told of it.
struct NetavarkTask {
  const Network& network;
  const Endpoint& endpoint;
  std::string netNamespace;  ///< path
};

/// Where it is: beside podman, or in PATH. Faults: NotFound saying how to have it.
llvm::Expected<std::string> findNetavark();

/// Makes the container's interface, the network's bridge and rules where they are missing, and the rules of the
/// endpoint's ports. Faults: NotFound without netavark; Unavailable with its reason.
[[nodiscard]] llvm::Error netavarkSetup(const NetavarkTask& task);
/// Removes these; the bridge and its rules if nothing else is plugged into it.
[[nodiscard]] llvm::Error netavarkTeardown(const NetavarkTask& task);

/// Removes the chains that all networks share, if no network of this host, ours or podman's, has a rule in them.
[[nodiscard]] llvm::Error removeUnusedChains();

}  // namespace strata::runtime

#pragma once
/// \file The network of one run of a container: from what its row asks for to its namespace, its /etc files and what
/// `inspect` shows; and the way back.

#include "runtime/containers/container_store.h"
#include "runtime/networks/networks.h"
#include "runtime/networks/user_network.h"
#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

/// Held while the container runs.
struct ContainerNetwork {
  UniqueFd netNamespace;
  UserNetwork ofUser;           ///< in the place of all others
  std::vector<UniqueFd> holds;  ///< ports of the host
  std::string settings;         ///< NetworkSettings; empty: of a network that is not ours to make
};

/// Puts it on its networks and completes the spec: namespace, hosts, resolv.conf. Faults: those of Networks::attach();
/// NotFound and Invalid for `container:NAME` that is not there or does not run.
llvm::Expected<ContainerNetwork> joinNetworks(const Container& container, Database& database, const std::string& root,
                                              ContainerSpec& spec);

/// Gives address and ports back. What is left for retireNetworks().
llvm::Expected<std::vector<Network>> leaveNetworks(llvm::StringRef containerId, Database& database,
                                                   const std::string& root);
/// Those that nobody is on, nor was less than `idle` ago, are taken off the host.
[[nodiscard]] llvm::Error retireNetworks(llvm::ArrayRef<Network> networks, Database& database, const std::string& root,
                                         std::chrono::milliseconds idle = {});
/// Both, after a crash.
[[nodiscard]] llvm::Error forgetNetworks(llvm::StringRef containerId, ContainerStore& store);

/// Of a container that runs. Faults: Io.
llvm::Expected<UniqueFd> openNetNamespace(const Container& container);
/// What the row is to say of a running container that was connected or disconnected.
llvm::Expected<std::string> currentNetworkSettings(llvm::StringRef containerId, NetworkStore& store);

}  // namespace strata::runtime

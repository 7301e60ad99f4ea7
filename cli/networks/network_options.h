#pragma once
/// \file The options of `run` and `create` that say how a container is reached and reaches others, as docker has them.

#include "runtime/containers/container.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::cli {

class Options;

struct NetworkOptions {
  std::vector<std::string> networks;  ///< NAME, or name=NAME,alias=...,ip=...; none: the default
  std::vector<std::string> aliases, publish, expose, addHosts;
  std::string address, mac;
  std::vector<std::string> nameServers, searches, resolverOptions;
  bool publishAll = false;
};

void declareNetworkOptions(Options& declared, NetworkOptions& options);

/// Fills in networks, ports and names of a container. Faults: Invalid in docker's words.
[[nodiscard]] llvm::Error decideNetwork(const NetworkOptions& options, runtime::Container& container);

}  // namespace strata::cli

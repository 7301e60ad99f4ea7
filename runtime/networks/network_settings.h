#pragma once
/// \file Networks as `inspect` shows them, with docker's names. Source: docker's API, NetworkSettings, Network.

#include "runtime/networks/network.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/JSON.h>

namespace strata::runtime {

/// One of a container's places, with the network that it is on.
struct NetworkPlace {
  Network network;
  Endpoint endpoint;
};

/// NetworkSettings of a container.
llvm::json::Object networkSettingsJson(llvm::ArrayRef<NetworkPlace> places, llvm::StringRef netNamespace);
/// The same of a container whose network is a UserNetwork.
llvm::json::Object userNetworkSettingsJson(Ipv4 address, llvm::ArrayRef<PublishedPort> ports);
/// The ports that NetworkSettings name; what is no such text has none.
std::vector<PublishedPort> portsIn(llvm::StringRef settings);
/// A network with those who are on it.
llvm::json::Object networkJson(const Network& network, llvm::ArrayRef<Endpoint> endpoints);

/// "0.0.0.0:3000->80/tcp, 53/udp": what `ps` shows; exposed ports that are not published are those of `exposed`.
std::string portsText(llvm::ArrayRef<PublishedPort> ports, llvm::ArrayRef<std::string> exposed);

}  // namespace strata::runtime

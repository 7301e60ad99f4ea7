#pragma once
/// \file What a network is, and what a container's place on one is. Plain data.

#include "runtime/networks/ipv4.h"
#include "runtime/networks/published_ports.h"

#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::runtime {

/// The networks that are always there.
inline constexpr llvm::StringLiteral kDefaultNetwork = "bridge", kHostNetwork = "host", kNoNetwork = "none";
bool isPredefined(llvm::StringRef networkName);

struct Network {
  std::string id;  ///< 64 hex digits
  std::string name;
  std::string driver = "bridge";  ///< bridge, macvlan; host and null of the predefined
  int64_t created = 0;            ///< nanoseconds since 1970
  std::optional<Ipv4Subnet> subnet,
      range;  ///< addresses of containers come from `range`, else from anywhere in `subnet`
  Ipv4 gateway = 0;
  bool chosen = false;  ///< strata chose the subnet, and may choose another where the host has come to use it
  bool internal = false, attachable = false;
  std::map<std::string, std::string> options, labels;

  bool isDefault() const { return name == kDefaultNetwork; }
  bool isBridge() const { return driver == "bridge"; }
  /// Containers find each other by name.
  bool hasNames() const { return isBridge() && !isDefault(); }
  /// The interface on the host.
  std::string bridge() const;
  /// Of macvlan: the interface of the host that it hangs on; empty: that of the host's default route.
  std::string parent() const;
};

/// What is in a row beside its columns. Faults: Invalid.
std::string printNetworkDocument(const Network& network);
[[nodiscard]] llvm::Error readNetworkDocument(llvm::StringRef text, Network& network);

/// A running container's place on a network. It is all that is needed to take everything of it away again.
struct Endpoint {
  std::string networkId, containerId, containerName;
  Ipv4 address = 0;
  std::string mac;        ///< "02:42:ac:11:00:02"
  std::string interface;  ///< in the container: "eth0"
  std::vector<std::string> aliases;
  std::vector<std::string> nameServers;  ///< of its own, for names that are not on the network
  std::vector<PublishedPort> ports;

  /// The other side of its cable, on the host.
  std::string hostInterface() const;
};
std::string printEndpointDocument(const Endpoint& endpoint);
[[nodiscard]] llvm::Error readEndpointDocument(llvm::StringRef text, Endpoint& endpoint);

/// A network that a container is to be on.
struct NetworkWish {
  std::string network;  ///< name or id
  std::vector<std::string> aliases;
  Ipv4 address = 0;  ///< 0: any
  std::string mac;   ///< empty: made of the address
};
llvm::json::Array networkWishesJson(llvm::ArrayRef<NetworkWish> wishes);
std::vector<NetworkWish> networkWishesFrom(const llvm::json::Array& array);

/// docker's usual form of such an address: made of the IPv4 address.
std::string macFor(Ipv4 address);

}  // namespace strata::runtime

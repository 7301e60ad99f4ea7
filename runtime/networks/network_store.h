#pragma once
/// \file The networks of a store, and the addresses that containers have on them: rows of strata.db. Any process.

#include "runtime/networks/network.h"
#include "support/database.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::runtime {

class NetworkStore {
public:
  /// Borrowed. The networks bridge, host and none are there from then on.
  static llvm::Expected<std::unique_ptr<NetworkStore>> open(Database& database);

  /// Gives it an id, and a subnet and gateway where it needs and lacks them. Faults: Exists for a name that is taken;
  /// Invalid for a bad name, an overlap, a gateway outside of the subnet; Unsupported for a driver; Unavailable if no
  /// subnet is left.
  llvm::Expected<Network> create(Network network);
  /// By id, by name, or by the beginning of an id. Faults: NotFound in docker's words; Invalid for a beginning that
  /// several have.
  llvm::Expected<Network> find(llvm::StringRef text);
  llvm::Expected<std::vector<Network>> list();  ///< by name
  /// Faults: Denied in docker's words for a predefined one and one with endpoints.
  [[nodiscard]] llvm::Error remove(const Network& network);
  /// Another subnet for a network that is `chosen` and on which nobody is. Whether it was given one.
  llvm::Expected<bool> choosesAgain(Network& network, llvm::ArrayRef<Ipv4Subnet> taken);

  /// Gives the endpoint an address that nobody has, `wanted` if not 0, and a mac if it has none. Faults: Exists if the
  /// container is on the network already; Unavailable for an address in use, or if none is left; Invalid for one
  /// outside of the subnet.
  llvm::Expected<Endpoint> lease(const Network& network, Endpoint endpoint, Ipv4 wanted);
  /// What is beside the address: ports.
  [[nodiscard]] llvm::Error update(const Endpoint& endpoint);
  [[nodiscard]] llvm::Error release(llvm::StringRef networkId, llvm::StringRef containerId);
  llvm::Expected<std::vector<Endpoint>> endpointsOf(const Network& network);       ///< by address
  llvm::Expected<std::vector<Endpoint>> endpointsOfContainer(llvm::StringRef id);  ///< by interface
  llvm::Expected<std::vector<Endpoint>> endpoints();
  [[nodiscard]] llvm::Error renameContainer(llvm::StringRef id, llvm::StringRef name);

private:
  explicit NetworkStore(Database& database) : database_(database) {}
  [[nodiscard]] llvm::Error addPredefined();
  [[nodiscard]] llvm::Error insert(const Network& network);
  llvm::Expected<std::vector<Network>> select(llvm::StringRef where, llvm::StringRef value);
  llvm::Expected<std::vector<Endpoint>> selectEndpoints(llvm::StringRef where, llvm::StringRef value);
  llvm::Expected<std::vector<Ipv4Subnet>> takenSubnets();
  [[nodiscard]] llvm::Error decideAddresses(Network& network);
  Database& database_;
};

}  // namespace strata::runtime

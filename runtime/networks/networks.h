#pragma once
/// \file Containers on networks: what is done on the host so that a container is reached and reaches others, and what
/// takes it away again. netavark makes what a network has once (bridge, firewall rules) and published ports; a
/// container's own interface is plugged in by netlink, in two milliseconds, because netavark takes a hundred. What the
/// last container of a network leaves is taken away by retire(), which may come a little later: the next container
/// finds the bridge there.

#include "runtime/networks/name_server.h"
#include "runtime/networks/network_store.h"
#include "support/files.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <chrono>
#include <string>
#include <vector>

namespace strata::runtime {

struct AttachRequest {
  std::string containerId, containerName;
  std::vector<NetworkWish> networks;  ///< the first is the way to the outside, if it has one
  std::vector<PortWish> ports;
  std::vector<std::string> nameServers;  ///< `--dns`
  int netNamespace = -1;                 ///< of the container
};

/// Held as long as the container runs.
struct Attachment {
  std::vector<Endpoint> endpoints;
  std::vector<UniqueFd> holds;  ///< its ports of the host
};

class Networks {
public:
  /// Borrowed. `root`: the store's; files of ours are below `networks/`.
  Networks(NetworkStore& store, const std::string& root);

  /// All or nothing. Faults: NotFound for an unknown network, or without netavark; Unavailable for a port or address in
  /// use, and if netavark failed; those of NetworkStore::lease().
  llvm::Expected<Attachment> attach(const AttachRequest& request);
  /// One more network for a container that runs.
  llvm::Expected<Endpoint> connect(const AttachRequest& request);
  /// Faults: NotFound in docker's words for one that is not on it.
  [[nodiscard]] llvm::Error disconnect(const Network& network, llvm::StringRef containerId, int netNamespace);
  /// From all networks, after its end or a crash: all that is needed is in the database. What is plugged in goes with
  /// the namespace. The networks that nobody is on now, for retire().
  llvm::Expected<std::vector<Network>> detach(llvm::StringRef containerId);
  /// Takes the bridge and rules away if nobody is on it. Whoever was on it less than `idle` ago will do it in his turn.
  [[nodiscard]] llvm::Error retire(const Network& network, std::chrono::milliseconds idle = {});
  /// As NetworkStore's.
  llvm::Expected<Network> create(Network network);
  [[nodiscard]] llvm::Error remove(const Network& network);
  /// The network that `--network` and the absence of it mean: "default" is bridge.
  llvm::Expected<Network> find(llvm::StringRef name);
  NetworkStore& store() { return store_; }

private:
  llvm::Expected<FileLock> lock(const Network& network);
  llvm::Expected<Network> present(const Network& network);
  llvm::Expected<Endpoint> join(const NetworkWish& wish, const AttachRequest& request, size_t number,
                                std::vector<PublishedPort> ports);
  [[nodiscard]] llvm::Error plug(const Network& network, const Endpoint& endpoint, int netNamespace);
  [[nodiscard]] llvm::Error leave(const Network& network, const Endpoint& endpoint);
  [[nodiscard]] llvm::Error announce(const Network& network);
  [[nodiscard]] llvm::Error takeDown(const Network& network);
  void tell(const Network& network, llvm::StringRef action, llvm::StringRef containerId = {}) const;
  NetworkStore& store_;
  std::string root_, directory_;
  NameServer names_;
};

}  // namespace strata::runtime

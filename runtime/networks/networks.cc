#include "runtime/networks/networks.h"

#include "layerfs/event_log.h"
#include "runtime/networks/free_subnets.h"
#include "runtime/networks/netlink.h"
#include "runtime/networks/network_plumbing.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <sys/stat.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

/// The host may have come to use what was free when the network was made: a VPN, another store's network.
llvm::Error avoidHost(NetworkStore& store, Network& network) {
  if (!network.isBridge() || !network.chosen) return llvm::Error::success();
  auto ready = isUp(network);
  if (!ready || *ready) return ready.takeError();
  auto routes = hostRoutes();
  if (!routes) return routes.takeError();
  bool overlaps = llvm::any_of(*routes, [&](const Ipv4Subnet& route) { return route.overlaps(*network.subnet); });
  return overlaps ? store.choosesAgain(network, *routes).takeError() : llvm::Error::success();
}

llvm::Error portFailure(const AttachRequest& request, llvm::Error error) {
  return withContext(std::move(error), "driver failed programming external connectivity on endpoint " +
                                           request.containerName + " (" +
                                           StringRef(request.containerId).take_front(12) + ")");
}

/// When somebody left a network for the last time is the time of its lock's file.
void noteLeaving(const FileLock& held) { ::futimens(held.fd(), nullptr); }

bool wasLeftWithin(std::chrono::milliseconds idle, const FileLock& held) {
  struct stat status;
  if (idle <= std::chrono::milliseconds::zero() || ::fstat(held.fd(), &status) != 0) return false;
  auto left = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return std::chrono::system_clock::now().time_since_epoch() - left < idle;
}

/// "eth2", if "eth0" and "eth1" are there.
size_t nextInterface(llvm::ArrayRef<Endpoint> endpoints) {
  size_t next = 0;
  for (const Endpoint& endpoint : endpoints) {
    size_t number = 0;
    if (!StringRef(endpoint.interface).drop_front(3).getAsInteger(10, number)) next = std::max(next, number + 1);
  }
  return next;
}
}  // namespace

Networks::Networks(NetworkStore& store, const std::string& root)
    : store_(store), root_(root), directory_(joinPath(root, "networks")), names_(joinPath(directory_, "names")) {}

llvm::Expected<Network> Networks::find(StringRef name) {
  return store_.find(name.empty() || name == "default" ? StringRef(kDefaultNetwork) : name);
}

llvm::Expected<FileLock> Networks::lock(const Network& network) {
  if (auto error = makeDirectories(directory_)) return error;
  return FileLock::acquire(joinPath(directory_, network.id + ".lock"), FileLock::Mode::Exclusive);
}

/// With the lock held: as it is now, with a subnet that it can have.
llvm::Expected<Network> Networks::present(const Network& network) {
  auto now = store_.find(network.id);
  if (!now) return now;
  if (!now->subnet) return fault(FaultKind::Invalid, "network " + now->name + " cannot be joined beside others");
  if (auto error = avoidHost(store_, *now)) return error;
  return now;
}

llvm::Error Networks::announce(const Network& network) {
  if (!network.hasNames()) return llvm::Error::success();
  auto endpoints = store_.endpointsOf(network);
  return endpoints ? names_.announce(network, *endpoints) : endpoints.takeError();
}

llvm::Error Networks::plug(const Network& network, const Endpoint& endpoint, int netNamespace) {
  if (auto error = plugIn(network, endpoint, netNamespace)) return error;
  return announce(network);
}

llvm::Expected<Endpoint> Networks::join(const NetworkWish& wish, const AttachRequest& request, size_t number,
                                        std::vector<PublishedPort> ports) {
  auto found = find(wish.network);
  if (!found) return found.takeError();
  auto held = lock(*found);
  if (!held) return held.takeError();
  auto network = present(*found);
  if (!network) return network.takeError();
  Endpoint endpoint;
  endpoint.containerId = request.containerId;
  endpoint.containerName = request.containerName;
  endpoint.mac = wish.mac;
  endpoint.interface = "eth" + std::to_string(number);
  endpoint.aliases = wish.aliases;
  endpoint.nameServers = request.nameServers;
  if (network->isBridge()) endpoint.ports = std::move(ports);
  auto leased = store_.lease(*network, std::move(endpoint), wish.address);
  if (!leased) return leased;
  auto error = plug(*network, *leased, request.netNamespace);
  if (!error) {
    tell(*network, "connect", request.containerId);
    return leased;
  }
  llvm::consumeError(leave(*network, *leased));
  return error;
}

llvm::Expected<Attachment> Networks::attach(const AttachRequest& request) {
  if (auto left = detach(request.containerId); !left) return left.takeError();
  auto reserved = reservePorts(request.ports);
  if (!reserved) return portFailure(request, reserved.takeError());
  Attachment attachment{{}, std::move(reserved->holds)};
  for (const NetworkWish& wish : request.networks) {
    auto endpoint = join(wish, request, attachment.endpoints.size(), std::exchange(reserved->ports, {}));
    if (!endpoint) {
      llvm::consumeError(detach(request.containerId).takeError());
      return endpoint.takeError();
    }
    attachment.endpoints.push_back(std::move(*endpoint));
  }
  return attachment;
}

llvm::Expected<Endpoint> Networks::connect(const AttachRequest& request) {
  auto present = store_.endpointsOfContainer(request.containerId);
  if (!present) return present.takeError();
  return join(request.networks.front(), request, nextInterface(*present), {});
}

/// The caller holds the network's lock.
llvm::Error Networks::leave(const Network& network, const Endpoint& endpoint) {
  auto ports = closePorts(network, endpoint);
  auto row = store_.release(network.id, endpoint.containerId);
  tell(network, "disconnect", endpoint.containerId);
  return llvm::joinErrors(std::move(ports), row ? std::move(row) : announce(network));
}

llvm::Error Networks::disconnect(const Network& network, StringRef containerId, int netNamespace) {
  auto held = lock(network);
  if (!held) return held.takeError();
  auto endpoints = store_.endpointsOfContainer(containerId);
  if (!endpoints) return endpoints.takeError();
  auto own = llvm::find_if(*endpoints, [&](const Endpoint& one) { return one.networkId == network.id; });
  if (own == endpoints->end())
    return fault(FaultKind::NotFound, "container " + containerId + " is not connected to network " + network.name);
  if (auto error = unplug(network, *own, netNamespace)) return error;
  if (auto error = leave(network, *own)) return error;
  noteLeaving(*held);
  auto inside = netlinkIn(netNamespace);
  if (!inside) return inside.takeError();
  for (const Endpoint& other : *endpoints) {
    auto remaining = store_.find(other.networkId);
    if (!remaining) return remaining.takeError();
    if (other.networkId != network.id && !remaining->internal) return inside->addDefaultRoute(remaining->gateway);
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<Network>> Networks::detach(StringRef containerId) {
  auto endpoints = store_.endpointsOfContainer(containerId);
  if (!endpoints) return endpoints.takeError();
  std::vector<Network> left;
  llvm::Error failures = llvm::Error::success();
  for (const Endpoint& endpoint : *endpoints) {
    auto network = store_.find(endpoint.networkId);
    if (!network) {
      failures = llvm::joinErrors(std::move(failures), network.takeError());
      continue;
    }
    auto held = lock(*network);
    failures = llvm::joinErrors(std::move(failures), held ? leave(*network, endpoint) : held.takeError());
    if (held) noteLeaving(*held);
    auto others = store_.endpointsOf(*network);
    if (!others)
      failures = llvm::joinErrors(std::move(failures), others.takeError());
    else if (others->empty())
      left.push_back(std::move(*network));
  }
  if (failures) return failures;
  return left;
}

llvm::Error Networks::takeDown(const Network& network) {
  auto endpoints = store_.endpointsOf(network);
  if (!endpoints) return endpoints.takeError();
  return endpoints->empty() && network.isBridge() ? removeBridge(network) : llvm::Error::success();
}

llvm::Error Networks::retire(const Network& network, std::chrono::milliseconds idle) {
  auto held = lock(network);
  if (!held) return held.takeError();
  return wasLeftWithin(idle, *held) ? llvm::Error::success() : takeDown(network);
}

llvm::Expected<Network> Networks::create(Network network) {
  auto made = store_.create(std::move(network));
  if (made) tell(*made, "create");
  return made;
}

llvm::Error Networks::remove(const Network& network) {
  if (isPredefined(network.name)) return store_.remove(network);  // refuses
  auto held = lock(network);
  if (!held) return held.takeError();
  if (auto error = takeDown(network)) return error;
  if (auto error = store_.remove(network)) return error;
  unlinkPath(joinPath(directory_, network.id + ".lock"));
  tell(network, "destroy");
  return llvm::Error::success();
}

void Networks::tell(const Network& network, StringRef action, StringRef containerId) const {
  layerfs::Event event{.type = "network", .action = action.str(), .actor = network.id};
  event.attributes = {{"name", network.name}, {"type", network.driver}};
  if (!containerId.empty()) event.attributes["container"] = containerId.str();
  layerfs::appendEvent(root_, std::move(event));
}

}  // namespace strata::runtime

#include "runtime/containers/container_network.h"

#include "runtime/containers/truth.h"
#include "runtime/networks/netlink.h"
#include "runtime/networks/network_settings.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <unistd.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr llvm::StringLiteral kOtherContainer = "container:", kHostGateway = "host-gateway";

/// As the OCI runtime sees what we hold.
std::string pathOf(const UniqueFd& held) {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(held.get());
}

/// "name:host-gateway" means the host itself.
void resolveHosts(StringRef host, ContainerSpec& spec) {
  for (std::string& line : spec.extraHosts) {
    auto [name, address] = StringRef(line).split(':');
    if (address == kHostGateway) line = (name + ":" + host).str();
  }
}

void resolveNames(const Container& container, Ipv4 nameServer, SharesHost shares, ContainerSpec& spec) {
  spec.resolvConf = resolvConfFor(hostResolvConf(shares), container.hostConfig.resolver, nameServer, shares);
}

llvm::Expected<ContainerNetwork> joinContainer(StringRef name, Database& database, const std::string& root,
                                               ContainerSpec& spec) {
  auto containers = ContainerStore::open(database, root);
  if (!containers) return containers.takeError();
  auto other = findContainer(**containers, name);
  if (!other) return other.takeError();
  if (!other->state.isLive())
    return fault(FaultKind::Invalid, "cannot join network of a non running container: " + other->id);
  auto joined = openNetNamespace(*other);
  if (!joined) return withContext(joined.takeError(), "network of container " + other->name);
  ContainerNetwork network;
  network.netNamespace = std::move(*joined);
  spec.networkPath = pathOf(network.netNamespace);
  return network;
}

std::vector<PortWish> portsOf(const Container& container) {
  std::vector<PortWish> ports = container.hostConfig.ports;
  if (!container.hostConfig.publishAllPorts) return ports;
  for (StringRef exposed : container.config.exposedPorts) {
    bool published = llvm::any_of(ports, [&](const PortWish& port) { return port.containerText() == exposed; });
    auto wish = parsePublish(exposed);
    if (wish && !published) llvm::append_range(ports, *wish);
    if (!wish) llvm::consumeError(wish.takeError());  // an image's nonsense publishes nothing
  }
  return ports;
}

llvm::Expected<std::vector<NetworkPlace>> placesOf(NetworkStore& store, llvm::ArrayRef<Endpoint> endpoints) {
  std::vector<NetworkPlace> places;
  for (const Endpoint& endpoint : endpoints) {
    auto network = store.find(endpoint.networkId);
    if (!network) return network.takeError();
    places.push_back({std::move(*network), endpoint});
  }
  return places;
}

void completeSpec(const Container& container, llvm::ArrayRef<NetworkPlace> places, ContainerSpec& spec) {
  Ipv4 nameServer = 0;
  for (const NetworkPlace& place : places) {
    spec.addresses.push_back(textOf(place.endpoint.address));
    if (place.network.hasNames() && nameServer == 0) nameServer = place.network.gateway;
  }
  resolveNames(container, nameServer, SharesHost::No, spec);
  if (!places.empty()) resolveHosts(textOf(places.front().network.gateway), spec);
}

llvm::Expected<ContainerNetwork> joinUserNetwork(const Container& container, const std::string& root,
                                                 ContainerSpec& spec) {
  auto reserved = reservePorts(portsOf(container));
  if (!reserved) return reserved.takeError();
  reserved->holds.clear();
  ContainerNetwork network;
  auto started = UserNetwork::start(reserved->ports, ContainerDirectory(root, container.id).path());
  if (!started) return started.takeError();
  network.ofUser = std::move(*started);
  spec.networkPath = pathOf(network.ofUser.netNamespace());
  spec.addresses.push_back(textOf(UserNetwork::address()));
  resolveNames(container, UserNetwork::nameServer(), SharesHost::No, spec);
  resolveHosts("10.0.2.2", spec);
  network.settings = printJson(userNetworkSettingsJson(UserNetwork::address(), reserved->ports));
  return network;
}
}  // namespace

llvm::Expected<ContainerNetwork> joinNetworks(const Container& container, Database& database, const std::string& root,
                                              ContainerSpec& spec) {
  StringRef mode = container.hostConfig.networkMode;
  bool isHost = mode == kHostNetwork;
  spec.network = isHost ? NetworkMode::Host : NetworkMode::None;
  if (isHost || mode == kNoNetwork) {
    resolveNames(container, 0, isHost ? SharesHost::Yes : SharesHost::No, spec);
    resolveHosts("127.0.0.1", spec);
    return ContainerNetwork();
  }
  if (mode == kUserNetwork) return joinUserNetwork(container, root, spec);
  if (StringRef name = mode; name.consume_front(kOtherContainer)) return joinContainer(name, database, root, spec);
  auto store = NetworkStore::open(database);
  if (!store) return store.takeError();
  auto made = makeNetworkNamespace();
  if (!made) return made.takeError();
  ContainerNetwork network;
  network.netNamespace = std::move(*made);
  spec.networkPath = pathOf(network.netNamespace);
  AttachRequest request{container.id,
                        container.name,
                        container.networks,
                        portsOf(container),
                        container.hostConfig.resolver.servers,
                        network.netNamespace.get()};
  auto attachment = Networks(**store, root).attach(request);
  if (!attachment) return attachment.takeError();
  network.holds = std::move(attachment->holds);
  auto places = placesOf(**store, attachment->endpoints);
  if (!places) return places.takeError();
  completeSpec(container, *places, spec);
  network.settings = printJson(networkSettingsJson(*places, ""));
  return network;
}

llvm::Expected<std::vector<Network>> leaveNetworks(StringRef containerId, Database& database, const std::string& root) {
  auto store = NetworkStore::open(database);
  if (!store) return store.takeError();
  return Networks(**store, root).detach(containerId);
}

llvm::Error retireNetworks(llvm::ArrayRef<Network> networks, Database& database, const std::string& root,
                           std::chrono::milliseconds idle) {
  auto store = NetworkStore::open(database);
  if (!store) return store.takeError();
  llvm::Error failures = llvm::Error::success();
  for (const Network& network : networks)
    failures = llvm::joinErrors(std::move(failures), Networks(**store, root).retire(network, idle));
  return failures;
}

llvm::Error forgetNetworks(StringRef containerId, ContainerStore& store) {
  auto left = leaveNetworks(containerId, store.database(), store.root());
  if (!left) return left.takeError();
  return retireNetworks(*left, store.database(), store.root());
}

llvm::Expected<UniqueFd> openNetNamespace(const Container& container) {
  auto process = ProcessHandle::open(container.state.process());
  if (!process) return process.takeError();
  return process->openFile("ns/net", O_RDONLY);
}

llvm::Expected<std::string> currentNetworkSettings(StringRef containerId, NetworkStore& store) {
  auto endpoints = store.endpointsOfContainer(containerId);
  if (!endpoints) return endpoints.takeError();
  auto places = placesOf(store, *endpoints);
  if (!places) return places.takeError();
  return printJson(networkSettingsJson(*places, ""));
}

}  // namespace strata::runtime

#include "runtime/networks/network_plumbing.h"

#include "runtime/networks/host_lock.h"
#include "runtime/networks/netavark.h"
#include "runtime/networks/netlink.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <unistd.h>

namespace strata::runtime {

namespace {

/// As another process sees it.
std::string pathOf(int netNamespace) {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(netNamespace);
}

/// netavark does nothing without a container. This one has no process, and goes at once; its interface does so before,
/// because the kernel takes its time with a namespace and would answer for the address with the wrong mac meanwhile.
llvm::Error setUpBridge(const Network& network, const Endpoint& endpoint) {
  auto bearer = makeNetworkNamespace();
  if (!bearer) return bearer.takeError();
  if (auto error = netavarkSetup({network, endpoint, pathOf(bearer->get())})) return error;
  auto inside = netlinkIn(bearer->get());
  return inside ? inside->remove(endpoint.interface) : inside.takeError();
}

/// It stops at an interface that is not there, so one of that name is.
llvm::Error tearDownBridge(const Network& network, const Endpoint& endpoint) {
  auto bearer = makeNetworkNamespace();
  if (!bearer) return bearer.takeError();
  auto inside = netlinkIn(bearer->get());
  if (!inside) return inside.takeError();
  if (auto error = inside->makePlaceholder(endpoint.interface)) return error;
  return netavarkTeardown({network, endpoint, pathOf(bearer->get())});
}

/// One that an earlier run of the container left, whose namespace the kernel has not taken away yet, is replaced.
llvm::Error makeCable(const Network& network, const Endpoint& endpoint, int netNamespace) {
  auto host = Netlink::open();
  if (!host) return host.takeError();
  Netlink::Cable cable{endpoint.hostInterface(), network.bridge(), endpoint.interface, endpoint.mac, netNamespace};
  auto error = host->makeCable(cable);
  if (!takeIf(error, FaultKind::Exists)) return error;
  if (auto failure = host->remove(cable.hostName)) return failure;
  return host->makeCable(cable);
}

llvm::Error configure(const Network& network, const Endpoint& endpoint, int netNamespace) {
  auto inside = netlinkIn(netNamespace);
  if (!inside) return inside.takeError();
  if (auto error = inside->addAddress(endpoint.interface, endpoint.address, network.subnet->prefix)) return error;
  if (auto error = inside->bringUp(endpoint.interface)) return error;
  auto host = Netlink::open();
  if (!host) return host.takeError();
  if (auto error = inside->settle(endpoint.interface)) return error;
  for (const std::string& name : {endpoint.hostInterface(), network.bridge()})
    if (auto error = host->settle(name)) return error;
  return network.internal ? llvm::Error::success() : inside->addDefaultRoute(network.gateway);
}

llvm::Error unplugAll(Netlink& host, const Network& network) {
  auto links = host.links();
  if (!links) return links.takeError();
  auto bridge = llvm::find_if(*links, [&](const Netlink::Link& link) { return link.name == network.bridge(); });
  if (bridge == links->end()) return llvm::Error::success();
  for (const Netlink::Link& link : *links)
    if (link.master == bridge->index)
      if (auto error = host.remove(link.name)) return error;
  return llvm::Error::success();
}

/// Any container will do to speak to netavark of a network.
Endpoint nobody(const Network& network) {
  Endpoint endpoint;
  endpoint.networkId = endpoint.containerId = network.id;
  endpoint.containerName = network.name;
  endpoint.address = network.gateway + 1;
  endpoint.interface = "eth0";
  return endpoint;
}
}  // namespace

llvm::Expected<bool> isUp(const Network& network) {
  auto host = Netlink::open();
  if (!host) return host.takeError();
  return host->has(network.bridge());
}

llvm::Error plugIn(const Network& network, const Endpoint& endpoint, int netNamespace) {
  if (!network.isBridge()) {
    auto lock = lockHostNetwork();
    if (!lock) return lock.takeError();
    return netavarkSetup({network, endpoint, pathOf(netNamespace)});
  }
  auto ready = isUp(network);
  if (!ready) return ready.takeError();
  if (!*ready || !endpoint.ports.empty()) {
    auto lock = lockHostNetwork();
    if (!lock) return lock.takeError();
    if (auto error = setUpBridge(network, endpoint)) return error;
  }
  if (auto error = makeCable(network, endpoint, netNamespace)) return error;
  return configure(network, endpoint, netNamespace);
}

llvm::Error unplug(const Network& network, const Endpoint& endpoint, int netNamespace) {
  auto inside = netlinkIn(netNamespace);
  return inside ? inside->remove(endpoint.interface) : inside.takeError();
}

llvm::Error closePorts(const Network& network, const Endpoint& endpoint) {
  if (!network.isBridge() || endpoint.ports.empty()) return llvm::Error::success();
  auto ready = isUp(network);
  if (!ready) return ready.takeError();
  if (!*ready) return llvm::Error::success();  // the host was down meanwhile: there are no rules
  auto lock = lockHostNetwork();
  if (!lock) return lock.takeError();
  if (auto error = tearDownBridge(network, endpoint)) return error;
  // With nothing plugged in any more, netavark takes the bridge away as well.
  ready = isUp(network);
  if (!ready) return ready.takeError();
  return *ready ? llvm::Error::success() : removeUnusedChains();
}

llvm::Error removeBridge(const Network& network) {
  auto lock = lockHostNetwork();
  auto host = Netlink::open();
  if (!lock) return lock.takeError();
  if (!host) return host.takeError();
  auto ready = host->has(network.bridge());
  if (!ready || !*ready) return ready.takeError();
  if (auto error = unplugAll(*host, network)) return error;
  if (auto error = tearDownBridge(network, nobody(network))) return error;
  if (auto error = host->remove(network.bridge())) return error;
  return removeUnusedChains();
}

}  // namespace strata::runtime

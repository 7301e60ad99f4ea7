#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_network.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
using runtime::Container;
using runtime::Network;

struct ConnectOptions {
  std::vector<std::string> aliases;
  std::string address;
};

/// What both commands name.
struct Pair {
  Network network;
  Container container;
};
llvm::Expected<Pair> pairFor(Session& session, const Arguments& arguments) {
  auto networks = session.networks();
  auto containers = session.containers();
  if (!networks) return networks.takeError();
  if (!containers) return containers.takeError();
  auto network = (*networks)->find(arguments[0]);
  if (!network) return network.takeError();
  auto container = runtime::findContainer(**containers, arguments[1]);
  if (!container) return container.takeError();
  if (container->networks.empty())
    return fault(FaultKind::Invalid, "container " + container->name + " is on network " +
                                         container->hostConfig.networkMode +
                                         ", which cannot be joined by others or left");
  return Pair{std::move(*network), std::move(*container)};
}

/// The row of a container whose networks have changed.
llvm::Error record(Session& session, const Container& container) {
  auto containers = session.containers();
  auto networks = session.networks();
  if (!containers) return containers.takeError();
  if (!networks) return networks.takeError();
  if (auto error = (*containers)->setDocument(container)) return error;
  if (!container.state.isLive()) return llvm::Error::success();
  auto settings = runtime::currentNetworkSettings(container.id, (*networks)->store());
  return settings ? (*containers)->setNetwork(container.id, *settings) : settings.takeError();
}

bool isOn(const Network& network, const runtime::NetworkWish& wish) {
  return wish.network == network.name || llvm::StringRef(network.id).starts_with(wish.network);
}

llvm::Expected<int> connect(const ConnectOptions& options, Session& session, const Arguments& arguments) {
  auto pair = pairFor(session, arguments);
  if (!pair) return pair.takeError();
  Container& container = pair->container;
  if (llvm::any_of(container.networks, [&](const auto& wish) { return isOn(pair->network, wish); }))
    return fault(FaultKind::Exists,
                 "endpoint with name " + container.name + " already exists in network " + pair->network.name);
  runtime::NetworkWish wish{pair->network.name, options.aliases, 0, ""};
  if (!options.address.empty()) {
    auto address = runtime::ipv4From(options.address);
    if (!address) return fault(FaultKind::Invalid, "invalid IPv4 address: " + printable(options.address));
    wish.address = *address;
  }
  if (container.state.isLive()) {
    auto place = runtime::openNetNamespace(container);
    if (!place) return place.takeError();
    runtime::AttachRequest request{container.id, container.name, {wish}, {}, container.hostConfig.resolver.servers,
                                   place->get()};
    if (auto error = (*session.networks())->connect(request).takeError()) return error;
  }
  container.networks.push_back(std::move(wish));
  if (auto error = record(session, container)) return error;
  return 0;
}

llvm::Expected<int> disconnect(Session& session, const Arguments& arguments) {
  auto pair = pairFor(session, arguments);
  if (!pair) return pair.takeError();
  Container& container = pair->container;
  if (llvm::none_of(container.networks, [&](const auto& wish) { return isOn(pair->network, wish); }))
    return fault(FaultKind::NotFound,
                 "container " + container.id + " is not connected to network " + pair->network.name);
  if (container.networks.size() == 1)
    return fault(FaultKind::Unsupported, "network " + pair->network.name + " is the only one of container " +
                                             container.name + ": connect another first, or stop the container");
  if (container.state.isLive()) {
    auto place = runtime::openNetNamespace(container);
    if (!place) return place.takeError();
    runtime::Networks& networks = **session.networks();
    if (auto error = networks.disconnect(pair->network, container.id, place->get())) return error;
    if (auto error = networks.retire(pair->network)) return error;
  }
  llvm::erase_if(container.networks, [&](const auto& wish) { return isOn(pair->network, wish); });
  container.hostConfig.networkMode = container.networks.front().network;
  if (auto error = record(session, container)) return error;
  return 0;
}

}  // namespace

Command networkConnectCommand() {
  return {.name = "connect",
          .usage = "[OPTIONS] NETWORK CONTAINER",
          .description = "Connect a container to a network, also while it runs",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ConnectOptions>();
            declared.list("--alias", options->aliases, "Further name on the network");
            declared.text("--ip", options->address, "Address on the network", "IPv4");
            return [options](Session& session, const Arguments& arguments) {
              return connect(*options, session, arguments);
            };
          }};
}

Command networkDisconnectCommand() {
  return {.name = "disconnect",
          .usage = "[OPTIONS] NETWORK CONTAINER",
          .description = "Disconnect a container from a network, also while it runs",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            declared.ignored("-f,--force", false);
            return disconnect;
          }};
}

}  // namespace strata::cli

#include "cli/networks/network_options.h"

#include "cli/options.h"
#include "runtime/networks/user_network.h"
#include "support/csv.h"
#include "support/fault.h"
#include "support/text.h"
#include "support/user_namespace.h"

#include <llvm/ADT/STLExtras.h>

#include <unistd.h>

namespace strata::cli {

namespace {
using llvm::StringRef;
using runtime::NetworkWish;

bool mayMakeBridges() { return ::geteuid() == 0 && inInitialUserNamespace(); }

/// Bridges are for root of the host to make; an ordinary user's container has a network of its own kind.
std::string defaultNetwork() {
  if (mayMakeBridges()) return runtime::kDefaultNetwork.str();
  return (::geteuid() == 0 ? runtime::kUserNetwork : runtime::kHostNetwork).str();
}

bool isNetworkName(StringRef mode) {
  return mode != runtime::kHostNetwork && mode != runtime::kNoNetwork && mode != runtime::kUserNetwork &&
         !mode.starts_with("container:");
}

llvm::Error readAddress(const std::string& text, runtime::Ipv4& address) {
  auto read = runtime::ipv4From(text);
  if (!read) return fault(FaultKind::Invalid, "invalid IPv4 address: " + printable(text));
  address = *read;
  return llvm::Error::success();
}

llvm::Error readMac(StringRef text, std::string& mac) {
  llvm::SmallVector<StringRef> parts;
  text.split(parts, ':');
  auto isByte = [](StringRef part) { return part.size() == 2 && llvm::all_of(part, llvm::isHexDigit); };
  if (parts.size() != 6 || !llvm::all_of(parts, isByte))
    return fault(FaultKind::Invalid, printable(text) + " is not a valid mac address");
  mac = text.lower();
  return llvm::Error::success();
}

/// NAME, or name=NAME,alias=ALIAS,ip=ADDRESS,mac-address=MAC.
llvm::Expected<NetworkWish> wishFrom(const std::string& text) {
  NetworkWish wish;
  bool isDefault = text.empty() || text == "default" || text == runtime::kDefaultNetwork;
  wish.network = isDefault ? defaultNetwork() : text;
  if (!StringRef(text).contains('=')) return wish;
  auto fields = splitCsv(text);
  if (!fields) return fields.takeError();
  wish.network.clear();
  for (const std::string& field : *fields) {
    CsvOption option = parseCsvOption(field);
    if (option.key == "name") {
      wish.network = option.value;
    } else if (option.key == "alias") {
      wish.aliases.push_back(option.value);
    } else if (option.key == "ip") {
      if (auto error = readAddress(option.value, wish.address)) return error;
    } else if (option.key == "mac-address") {
      if (auto error = readMac(option.value, wish.mac)) return error;
    } else {
      return fault(FaultKind::Invalid, "invalid field key " + printable(option.key) + " of --network");
    }
  }
  if (wish.network.empty()) return fault(FaultKind::Invalid, "network name/id is not specified: " + printable(text));
  return wish;
}

llvm::Error decideNetworks(const NetworkOptions& options, runtime::Container& container) {
  std::vector<std::string> texts = options.networks;
  if (texts.empty()) texts.emplace_back();
  for (const std::string& text : texts) {
    auto wish = wishFrom(text);
    if (!wish) return wish.takeError();
    container.networks.push_back(std::move(*wish));
  }
  NetworkWish& first = container.networks.front();
  container.hostConfig.networkMode = first.network;
  llvm::append_range(first.aliases, options.aliases);
  if (!options.address.empty())
    if (auto error = readAddress(options.address, first.address)) return error;
  if (!options.mac.empty())
    if (auto error = readMac(options.mac, first.mac)) return error;
  bool special = llvm::any_of(container.networks, [](const auto& wish) { return !isNetworkName(wish.network); });
  if (special && container.networks.size() > 1)
    return fault(FaultKind::Invalid,
                 "conflicting options: cannot attach both user-defined and non-user-defined "
                 "network-modes");
  bool named = first.network != runtime::kDefaultNetwork && !special;
  if (!first.aliases.empty() && !named)
    return fault(FaultKind::Invalid, "network-scoped alias is supported only for containers in user defined networks");
  if (!special && !mayMakeBridges())
    return fault(FaultKind::Unsupported,
                 "an ordinary user's container cannot be on the network " + first.network +
                     ", which is a bridge of the host; leave --network out, or run strata as root");
  if (special) container.networks.clear();
  return llvm::Error::success();
}

llvm::Error decidePorts(const NetworkOptions& options, runtime::Container& container) {
  for (const std::string& text : options.expose) {
    auto ports = runtime::parseExpose(text);
    if (!ports) return ports.takeError();
    container.config.exposedPorts.insert(ports->begin(), ports->end());
  }
  for (const std::string& text : options.publish) {
    auto wishes = runtime::parsePublish(text);
    if (!wishes) return wishes.takeError();
    for (const runtime::PortWish& wish : *wishes) container.config.exposedPorts.insert(wish.containerText());
    llvm::append_range(container.hostConfig.ports, *wishes);
  }
  container.hostConfig.publishAllPorts = options.publishAll;
  if (StringRef(container.hostConfig.networkMode).starts_with("container:") &&
      (!container.hostConfig.ports.empty() || options.publishAll))
    return fault(FaultKind::Invalid, "conflicting options: port publishing and the container type network mode");
  return llvm::Error::success();
}

llvm::Error decideNames(const NetworkOptions& options, runtime::Container& container) {
  for (StringRef text : options.addHosts) {
    auto [name, address] = text.split(text.contains('=') ? '=' : ':');
    if (name.empty() || address.empty()) return fault(FaultKind::Invalid, "bad format for add-host: \"" + text + "\"");
    bool isAddress = runtime::ipv4From(address) || address.contains(':') || address == "host-gateway";
    if (!isAddress) return fault(FaultKind::Invalid, "invalid IP address in add-host: \"" + printable(address) + "\"");
    container.hostConfig.extraHosts.push_back((name + ":" + address).str());
  }
  container.hostConfig.resolver = {options.nameServers, options.searches, options.resolverOptions};
  return runtime::checkResolverWishes(container.hostConfig.resolver);
}
}  // namespace

void declareNetworkOptions(Options& declared, NetworkOptions& options) {
  declared.list("--add-host", options.addHosts, "Add a line to /etc/hosts (name:ip, name:host-gateway)");
  declared.list("--dns", options.nameServers, "Name server to ask", "IP");
  declared.list("--dns-option", options.resolverOptions, "Option of resolv.conf");
  declared.list("--dns-opt", options.resolverOptions, "");
  declared.list("--dns-search", options.searches, "Domain to look names up in");
  declared.list("--expose", options.expose, "Note a port that the container listens on");
  declared.text("--ip", options.address, "Address on the network", "IPv4");
  declared.text("--mac-address", options.mac, "Hardware address on the network");
  declared.list("--net", options.networks, "");
  declared.list("--net-alias", options.aliases, "");
  declared.list("--network", options.networks,
                "Network to be on: its name, host, none or container:NAME (default bridge)", "network");
  declared.list("--network-alias", options.aliases, "Further name on the network");
  declared.list("-p,--publish", options.publish, "Publish a port on the host ([IP:][HOST:]PORT[/udp])");
  declared.flag("-P,--publish-all", options.publishAll, "Publish all exposed ports on ports of the host's choice");
}

llvm::Error decideNetwork(const NetworkOptions& options, runtime::Container& container) {
  if (auto error = decideNetworks(options, container)) return error;
  if (auto error = decidePorts(options, container)) return error;
  return decideNames(options, container);
}

}  // namespace strata::cli

#include "runtime/networks/network_settings.h"

#include "runtime/networks/user_network.h"
#include "runtime/spec/object_names.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::runtime {

namespace {
using llvm::json::Array;
using llvm::json::Object;

Object portsJson(llvm::ArrayRef<PublishedPort> ports) {
  Object object;
  for (const PublishedPort& port : ports)
    object.try_emplace(port.containerText(), Array())
        .first->second.getAsArray()
        ->push_back(Object{{"HostIp", textOf(port.hostAddress)}, {"HostPort", std::to_string(port.hostPort)}});
  return object;
}

Object placeJson(const NetworkPlace& place) {
  const Endpoint& endpoint = place.endpoint;
  std::vector<std::string> names = {endpoint.containerName, endpoint.containerId.substr(0, 12)};
  llvm::append_range(names, endpoint.aliases);
  Object object{{"NetworkID", place.network.id},
                {"EndpointID", ""},
                {"Gateway", textOf(place.network.gateway)},
                {"IPAddress", textOf(endpoint.address)},
                {"IPPrefixLen", place.network.subnet->prefix},
                {"MacAddress", endpoint.mac},
                {"IPv6Gateway", ""},
                {"GlobalIPv6Address", ""},
                {"GlobalIPv6PrefixLen", 0},
                {"Links", nullptr},
                {"DriverOpts", nullptr},
                {"IPAMConfig", nullptr}};
  if (place.network.hasNames())
    object["Aliases"] = Array(endpoint.aliases), object["DNSNames"] = Array(names);
  else
    object["Aliases"] = nullptr, object["DNSNames"] = nullptr;
  return object;
}
}  // namespace

Object networkSettingsJson(llvm::ArrayRef<NetworkPlace> places, llvm::StringRef netNamespace) {
  Object networks, settings{{"SandboxKey", netNamespace.str()},
                            {"Bridge", ""},
                            {"Gateway", ""},
                            {"IPAddress", ""},
                            {"IPPrefixLen", 0},
                            {"MacAddress", ""},
                            {"Ports", Object()}};
  for (const NetworkPlace& place : places) {
    networks[place.network.name] = placeJson(place);
    if (!place.endpoint.ports.empty()) settings["Ports"] = portsJson(place.endpoint.ports);
    if (!place.network.isDefault()) continue;  // docker's members of before there were several
    for (const char* member : {"Gateway", "IPAddress", "IPPrefixLen", "MacAddress"})
      settings[member] = *networks.getObject(place.network.name)->get(member);
  }
  settings["Networks"] = std::move(networks);
  return settings;
}

Object userNetworkSettingsJson(Ipv4 address, llvm::ArrayRef<PublishedPort> ports) {
  Object place{{"IPAddress", textOf(address)}, {"Gateway", "10.0.2.2"}, {"IPPrefixLen", 24}, {"MacAddress", ""}};
  Object settings = place;
  settings["Ports"] = portsJson(ports);
  settings["Networks"] = Object{{kUserNetwork, std::move(place)}};
  return settings;
}

std::vector<PublishedPort> portsIn(llvm::StringRef settings) {
  std::vector<PublishedPort> ports;
  auto json = parseJson(settings);
  if (!json) return llvm::consumeError(json.takeError()), ports;
  const Object* members = json->getAsObject();
  const Object* published = members ? members->getObject("Ports") : nullptr;
  if (!published) return ports;
  for (const PortWish& wish : portBindingsFrom(*published))
    ports.push_back({wish.hostAddress, wish.hostFirst, wish.containerPort, wish.protocol});
  return ports;
}

Object networkJson(const Network& network, llvm::ArrayRef<Endpoint> endpoints) {
  Array pools;
  if (network.subnet) {
    Object pool{{"Subnet", network.subnet->text()}, {"Gateway", textOf(network.gateway)}};
    if (network.range) pool["IPRange"] = network.range->text();
    pools.push_back(std::move(pool));
  }
  Object containers;
  for (const Endpoint& endpoint : endpoints)
    containers[endpoint.containerId] =
        Object{{"Name", endpoint.containerName},
               {"EndpointID", ""},
               {"MacAddress", endpoint.mac},
               {"IPv4Address", textOf(endpoint.address) + "/" + std::to_string(network.subnet->prefix)},
               {"IPv6Address", ""}};
  return Object{{"Name", network.name},
                {"Id", network.id},
                {"Created", rfc3339(network.created)},
                {"Scope", "local"},
                {"Driver", network.driver},
                {"EnableIPv4", true},
                {"EnableIPv6", false},
                {"IPAM", Object{{"Driver", "default"}, {"Options", nullptr}, {"Config", std::move(pools)}}},
                {"Internal", network.internal},
                {"Attachable", network.attachable},
                {"Ingress", false},
                {"ConfigFrom", Object{{"Network", ""}}},
                {"ConfigOnly", false},
                {"Containers", std::move(containers)},
                {"Options", pairsJson(network.options)},
                {"Labels", pairsJson(network.labels)}};
}

std::string portsText(llvm::ArrayRef<PublishedPort> ports, llvm::ArrayRef<std::string> exposed) {
  std::vector<std::string> texts;
  for (const PublishedPort& port : ports) texts.push_back(port.hostText() + "->" + port.containerText());
  for (const std::string& one : exposed)
    if (llvm::none_of(ports, [&](const PublishedPort& port) { return port.containerText() == one; }))
      texts.push_back(one);
  return llvm::join(texts, ", ");
}

}  // namespace strata::runtime

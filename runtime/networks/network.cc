#include "runtime/networks/network.h"

#include "runtime/spec/object_names.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

std::vector<std::string> textsFrom(const Array* array) {
  std::vector<std::string> texts;
  if (!array) return texts;
  for (const Value& one : *array) texts.push_back(one.getAsString().value_or("").str());
  return texts;
}

std::optional<Ipv4Subnet> subnetFrom(const Object& document, StringRef member) {
  auto text = document.getString(member);
  if (!text) return std::nullopt;
  auto subnet = parseSubnet(*text);
  if (subnet) return *subnet;
  llvm::consumeError(subnet.takeError());
  return std::nullopt;
}

/// Where `key` is missing, nothing.
std::string optionOf(const Network& network, const char* key) {
  auto found = network.options.find(key);
  return found == network.options.end() ? "" : found->second;
}

llvm::Expected<Value> parsedObject(StringRef text) {
  auto json = parseJson(text);
  if (json && !json->getAsObject()) return fault(FaultKind::Invalid, "a JSON object was expected");
  return json;
}
}  // namespace

bool isPredefined(StringRef name) { return name == kDefaultNetwork || name == kHostNetwork || name == kNoNetwork; }

std::string Network::bridge() const {
  std::string wanted = optionOf(*this, "com.docker.network.bridge.name");
  return wanted.empty() ? "br-" + id.substr(0, 12) : wanted;
}

std::string Network::parent() const { return optionOf(*this, "parent"); }

std::string printNetworkDocument(const Network& network) {
  Object document{{"Chosen", network.chosen},
                  {"Internal", network.internal},
                  {"Attachable", network.attachable},
                  {"Options", pairsJson(network.options)},
                  {"Labels", pairsJson(network.labels)}};
  if (network.subnet) document["Subnet"] = network.subnet->text();
  if (network.range) document["IPRange"] = network.range->text();
  if (network.gateway) document["Gateway"] = textOf(network.gateway);
  return printJson(std::move(document));
}

llvm::Error readNetworkDocument(StringRef text, Network& network) {
  auto json = parsedObject(text);
  if (!json) return json.takeError();
  const Object& document = *json->getAsObject();
  network.chosen = document.getBoolean("Chosen").value_or(false);
  network.internal = document.getBoolean("Internal").value_or(false);
  network.attachable = document.getBoolean("Attachable").value_or(false);
  network.options = pairsFrom(document.getObject("Options"));
  network.labels = pairsFrom(document.getObject("Labels"));
  network.subnet = subnetFrom(document, "Subnet");
  network.range = subnetFrom(document, "IPRange");
  network.gateway = ipv4From(document.getString("Gateway").value_or("")).value_or(0);
  return llvm::Error::success();
}

std::string Endpoint::hostInterface() const { return "ve" + containerId.substr(0, 7) + networkId.substr(0, 5); }

std::string printEndpointDocument(const Endpoint& endpoint) {
  Array ports;
  for (const PublishedPort& port : endpoint.ports)
    ports.push_back(Object{{"Address", textOf(port.hostAddress)},
                           {"Host", port.hostPort},
                           {"Container", port.containerPort},
                           {"Protocol", port.protocol}});
  return printJson(Object{{"Mac", endpoint.mac},
                          {"Interface", endpoint.interface},
                          {"Aliases", Array(endpoint.aliases)},
                          {"NameServers", Array(endpoint.nameServers)},
                          {"Ports", std::move(ports)}});
}

llvm::Error readEndpointDocument(StringRef text, Endpoint& endpoint) {
  auto json = parsedObject(text);
  if (!json) return json.takeError();
  const Object& document = *json->getAsObject();
  endpoint.mac = document.getString("Mac").value_or("").str();
  endpoint.interface = document.getString("Interface").value_or("").str();
  endpoint.aliases = textsFrom(document.getArray("Aliases"));
  endpoint.nameServers = textsFrom(document.getArray("NameServers"));
  const Array* ports = document.getArray("Ports");
  if (!ports) return llvm::Error::success();
  for (const Value& one : *ports) {
    const Object* port = one.getAsObject();
    if (!port) continue;
    endpoint.ports.push_back(
        {ipv4From(port->getString("Address").value_or("")).value_or(0), uint16_t(port->getInteger("Host").value_or(0)),
         uint16_t(port->getInteger("Container").value_or(0)), port->getString("Protocol").value_or("tcp").str()});
  }
  return llvm::Error::success();
}

Array networkWishesJson(llvm::ArrayRef<NetworkWish> wishes) {
  Array array;
  for (const NetworkWish& wish : wishes)
    array.push_back(Object{{"Network", wish.network},
                           {"Aliases", Array(wish.aliases)},
                           {"Address", wish.address ? textOf(wish.address) : ""},
                           {"Mac", wish.mac}});
  return array;
}

std::vector<NetworkWish> networkWishesFrom(const Array& array) {
  std::vector<NetworkWish> wishes;
  for (const Value& one : array)
    if (const Object* wish = one.getAsObject())
      wishes.push_back({wish->getString("Network").value_or("").str(), textsFrom(wish->getArray("Aliases")),
                        ipv4From(wish->getString("Address").value_or("")).value_or(0),
                        wish->getString("Mac").value_or("").str()});
  return wishes;
}

std::string macFor(Ipv4 address) {
  return llvm::formatv("02:42:{0:x-2}:{1:x-2}:{2:x-2}:{3:x-2}", address >> 24, (address >> 16) & 255,
                       (address >> 8) & 255, address & 255);
}

}  // namespace strata::runtime

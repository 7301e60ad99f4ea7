#include "runtime/networks/netavark.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/text.h"

namespace strata::runtime {

namespace {
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;

constexpr llvm::StringLiteral kNetavarkPlaces[] = {"/usr/lib/podman/netavark", "/usr/libexec/podman/netavark"};

/// On a bridge it is no more than the bearer of rules: the mac is that of the cable that takes its place.
Object endpointObject(const Network& network, const Endpoint& endpoint) {
  Object object{
      {"static_ips", Array{textOf(endpoint.address)}}, {"interface_name", endpoint.interface}, {"aliases", Array()}};
  if (!network.isBridge()) object["static_mac"] = endpoint.mac;
  return object;
}

Object networkObject(const Network& network) {
  Object options;
  if (network.isBridge()) options["isolate"] = "true";
  if (auto mtu = network.options.find("com.docker.network.driver.mtu"); mtu != network.options.end())
    options["mtu"] = mtu->second;
  if (auto mode = network.options.find("macvlan_mode"); mode != network.options.end()) options["mode"] = mode->second;
  return Object{{"name", network.id},
                {"id", network.id},
                {"driver", network.driver},
                {"network_interface", network.isBridge() ? network.bridge() : network.parent()},
                {"subnets", Array{Object{{"subnet", network.subnet->text()}, {"gateway", textOf(network.gateway)}}}},
                {"ipv6_enabled", false},
                {"internal", network.internal},
                {"dns_enabled", false},  // ours is runtime/networks/name_server.h
                {"options", std::move(options)}};
}

Array portObjects(const Endpoint& endpoint) {
  Array ports;
  for (const PublishedPort& port : endpoint.ports)
    ports.push_back(Object{{"host_ip", port.hostAddress == 0 ? "" : textOf(port.hostAddress)},
                           {"host_port", port.hostPort},
                           {"container_port", port.containerPort},
                           {"range", 1},
                           {"protocol", port.protocol}});
  return ports;
}

std::string inputOf(const NetavarkTask& task) {
  Object input{{"container_id", task.endpoint.containerId},
               {"container_name", task.endpoint.containerName},
               {"networks", Object{{task.network.id, endpointObject(task.network, task.endpoint)}}},
               {"network_info", Object{{task.network.id, networkObject(task.network)}}}};
  if (Array ports = portObjects(task.endpoint); !ports.empty()) input["port_mappings"] = std::move(ports);
  return printJson(std::move(input));
}

/// {"error": "..."} on its output.
std::string reasonOf(const ProcessResult& result) {
  auto json = parseJson(result.output);
  if (json)
    if (const Object* object = json->getAsObject())
      if (auto said = object->getString("error")) return printable(*said);
  if (!json) llvm::consumeError(json.takeError());
  StringRef said = StringRef(result.errors).trim();
  return said.empty() ? "it said nothing"
                      : printable(said.rsplit('\n').second.empty() ? said : said.rsplit('\n').second);
}

llvm::Error call(StringRef verb, const NetavarkTask& task) {
  auto program = findNetavark();
  if (!program) return program.takeError();
  ProcessSpec spec;
  spec.argv = {*program, "--config", "/run/strata", verb.str(), task.netNamespace};
  spec.environment = std::vector<std::string>{kIptablesSearch};
  spec.directory = "/";
  spec.input = inputOf(task);
  auto result = runProcess(spec);
  if (!result) return result.takeError();
  if (result->exitCode == 0) return llvm::Error::success();
  return fault(FaultKind::Unavailable, "network " + task.network.name + ": netavark: " + reasonOf(*result));
}
}  // namespace

llvm::Expected<std::string> findNetavark() {
  for (StringRef place : kNetavarkPlaces)
    if (pathExists(place.str())) return place.str();
  if (auto found = findProgram("netavark")) return *found;
  return fault(FaultKind::NotFound,
               "netavark, which makes networks, is not installed: install the packages netavark, aardvark-dns and "
               "iptables, or run with --network host");
}

llvm::Error netavarkSetup(const NetavarkTask& task) { return call("setup", task); }
llvm::Error netavarkTeardown(const NetavarkTask& task) { return call("teardown", task); }

}  // namespace strata::runtime

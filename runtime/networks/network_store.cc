/// Tables `networks` and `endpoints`, version 1. document: printNetworkDocument(), printEndpointDocument(). An endpoint
/// is there as long as something of it may be on the host: its row comes first and goes last.
#include "runtime/networks/network_store.h"

#include "runtime/networks/free_subnets.h"
#include "runtime/spec/object_names.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <set>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr StringRef kNetworkSchema[] = {
    "CREATE TABLE networks(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, driver TEXT NOT NULL,"
    " created INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE endpoints(network TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL,"
    " address INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY(network, container), UNIQUE(network, address))"
    " WITHOUT ROWID;"
    "CREATE INDEX endpoints_by_container ON endpoints(container);"};

llvm::Expected<Network> networkFrom(const Statement& row) {
  Network network;
  network.id = row.text(0).str();
  network.name = row.text(1).str();
  network.driver = row.text(2).str();
  network.created = row.integer(3);
  if (auto error = readNetworkDocument(row.text(4), network))
    return withContext(std::move(error), "network " + network.name);
  return network;
}

llvm::Expected<Endpoint> endpointFrom(const Statement& row) {
  Endpoint endpoint;
  endpoint.networkId = row.text(0).str();
  endpoint.containerId = row.text(1).str();
  endpoint.containerName = row.text(2).str();
  endpoint.address = Ipv4(row.integer(3));
  if (auto error = readEndpointDocument(row.text(4), endpoint))
    return withContext(std::move(error), "endpoint of container " + endpoint.containerName);
  return endpoint;
}

llvm::Error noSuchNetwork(StringRef text) {
  return fault(FaultKind::NotFound, "network " + printable(text) + " not found");
}

llvm::Error checkName(StringRef name) {
  if (isObjectName(name)) return llvm::Error::success();
  return fault(FaultKind::Invalid,
               "invalid network name: " + printable(name) + ", only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
}

llvm::Error checkDriver(StringRef driver) {
  if (driver == "bridge" || driver == "macvlan") return llvm::Error::success();
  if (driver == "overlay")
    return fault(FaultKind::Unsupported,
                 "the overlay driver joins several hosts and needs a cluster (a docker swarm), and this is no part of "
                 "one: strata has none; take --driver bridge for containers of one host, or macvlan");
  if (driver == "host" || driver == "null")
    return fault(FaultKind::Denied, "only one instance of \"" + driver + "\" network is allowed");
  return fault(FaultKind::Unsupported,
               "plugin \"" + printable(driver) + "\" not found; drivers are bridge and macvlan");
}

llvm::Error hasEndpoints(const Network& network, llvm::ArrayRef<Endpoint> endpoints) {
  std::vector<std::string> users;
  for (const Endpoint& endpoint : endpoints)
    users.push_back("name:\"" + endpoint.containerName + "\" id:\"" + endpoint.containerId.substr(0, 12) + "\"");
  return fault(FaultKind::Denied, "error while removing network: network " + network.name + " has active endpoints (" +
                                      llvm::join(users, ", ") + "); stop these containers or disconnect them first");
}

/// The lowest that is free. The subnet's first and last address are nobody's.
llvm::Expected<Ipv4> freeAddress(const Network& network, const std::set<Ipv4>& taken) {
  const Ipv4Subnet& subnet = *network.subnet;
  Ipv4Subnet range = network.range.value_or(subnet);
  for (uint64_t address = range.base; address <= range.last(); ++address) {
    bool reserved = address == subnet.base || address == subnet.last() || address == network.gateway;
    if (!reserved && !taken.contains(Ipv4(address))) return Ipv4(address);
  }
  return fault(FaultKind::Unavailable, "no available IPv4 addresses on network " + network.name + " (" + range.text() +
                                           "); make a larger one with network create --subnet");
}

llvm::Error checkWanted(const Network& network, const std::set<Ipv4>& taken, Ipv4 wanted) {
  if (network.chosen)
    return fault(FaultKind::Invalid,
                 "invalid config for network " + network.name +
                     ": invalid endpoint settings: user specified IP address is supported only when connecting to "
                     "networks with user configured subnets (network create --subnet)");
  if (!network.subnet->contains(wanted))
    return fault(FaultKind::Invalid, "no configured subnet contains IP address " + textOf(wanted) + "; network " +
                                         network.name + " is " + network.subnet->text());
  bool reserved = wanted == network.gateway || wanted == network.subnet->base || wanted == network.subnet->last();
  if (reserved || taken.contains(wanted))
    return fault(FaultKind::Unavailable, "address already in use: " + textOf(wanted) + " on network " + network.name);
  return llvm::Error::success();
}

/// Reads what `find` and others select.
template <typename Row>
llvm::Expected<std::vector<Row>> rowsOf(Statement query, llvm::Expected<Row> (*read)(const Statement&)) {
  std::vector<Row> rows;
  for (;;) {
    auto there = query.step();
    if (!there) return there.takeError();
    if (!*there) return rows;
    auto row = read(query);
    if (!row) return row.takeError();
    rows.push_back(std::move(*row));
  }
}
}  // namespace

llvm::Expected<std::unique_ptr<NetworkStore>> NetworkStore::open(Database& database) {
  if (auto error = database.migrate("networks", kNetworkSchema)) return error;
  std::unique_ptr<NetworkStore> store(new NetworkStore(database));
  if (auto error = store->addPredefined()) return error;
  return store;
}

llvm::Error NetworkStore::addPredefined() {
  auto known = select("name = ?", kNoNetwork);
  if (!known) return known.takeError();
  if (!known->empty()) return llvm::Error::success();
  return database_.transact([&]() -> llvm::Error {
    auto again = select("name = ?", kNoNetwork);
    if (!again) return again.takeError();
    if (!again->empty()) return llvm::Error::success();  // another process was faster
    Network network;
    network.created = nowNanoseconds();
    for (auto [name, driver] : {std::pair(kDefaultNetwork, "bridge"), {kHostNetwork, "host"}, {kNoNetwork, "null"}}) {
      network.id = makeObjectId();
      network.name = name.str();
      network.driver = driver;
      network.subnet.reset();
      network.gateway = 0;
      if (auto error = decideAddresses(network)) return error;
      if (auto error = insert(network)) return error;
    }
    return llvm::Error::success();
  });
}

llvm::Expected<std::vector<Network>> NetworkStore::select(StringRef where, StringRef value) {
  std::string sql = "SELECT id, name, driver, created, document FROM networks";
  if (!where.empty()) sql += (" WHERE " + where).str();
  auto query = database_.prepare(sql + " ORDER BY name");
  if (!query) return query.takeError();
  if (!where.empty()) query->bind(value);
  return rowsOf<Network>(std::move(*query), networkFrom);
}

llvm::Expected<std::vector<Endpoint>> NetworkStore::selectEndpoints(StringRef where, StringRef value) {
  std::string sql = "SELECT network, container, name, address, document FROM endpoints";
  if (!where.empty()) sql += (" WHERE " + where).str();
  auto query = database_.prepare(sql + " ORDER BY network, address");
  if (!query) return query.takeError();
  if (!where.empty()) query->bind(value);
  return rowsOf<Endpoint>(std::move(*query), endpointFrom);
}

llvm::Error NetworkStore::insert(const Network& network) {
  auto row = database_.prepare("INSERT INTO networks(id, name, driver, created, document) VALUES(?, ?, ?, ?, ?)");
  if (!row) return row.takeError();
  return row->bind(network.id)
      .bind(network.name)
      .bind(network.driver)
      .bind(network.created)
      .bind(printNetworkDocument(network))
      .run();
}

llvm::Expected<std::vector<Ipv4Subnet>> NetworkStore::takenSubnets() {
  auto taken = hostRoutes();
  auto networks = list();
  if (!taken) return taken;
  if (!networks) return networks.takeError();
  for (const Network& network : *networks)
    if (network.subnet && network.isBridge()) taken->push_back(*network.subnet);
  return taken;
}

llvm::Error NetworkStore::decideAddresses(Network& network) {
  if (network.driver == "host" || network.driver == "null") return llvm::Error::success();
  if (!network.subnet && !network.isBridge())
    return fault(FaultKind::Invalid,
                 "a macvlan network joins one that exists: say its addresses with --subnet (and "
                 "--gateway, --ip-range)");
  if (!network.subnet) {
    auto taken = takenSubnets();
    if (!taken) return taken.takeError();
    auto subnet = freeSubnet(*taken);
    if (!subnet) return subnet.takeError();
    network.subnet = *subnet;
    network.chosen = true;
    network.gateway = 0;
  }
  if (network.subnet->prefix > 30)
    return fault(FaultKind::Invalid, "subnet " + network.subnet->text() + " has no room for a gateway and containers");
  if (!network.gateway) network.gateway = network.subnet->base + 1;
  if (!network.subnet->contains(network.gateway))
    return fault(FaultKind::Invalid, "no matching subnet for gateway " + textOf(network.gateway) + ": the subnet is " +
                                         network.subnet->text());
  if (network.range && !network.subnet->contains(*network.range))
    return fault(FaultKind::Invalid,
                 "no matching subnet for range " + network.range->text() + ": the subnet is " + network.subnet->text());
  return llvm::Error::success();
}

llvm::Expected<Network> NetworkStore::create(Network network) {
  if (auto error = checkName(network.name)) return error;
  if (auto error = checkDriver(network.driver)) return error;
  network.id = makeObjectId();
  network.created = nowNanoseconds();
  auto error = database_.transact([&]() -> llvm::Error {
    bool ownSubnet = network.subnet.has_value();
    if (ownSubnet && network.isBridge()) {
      auto taken = takenSubnets();
      if (!taken) return taken.takeError();
      for (const Ipv4Subnet& other : *taken)
        if (other.overlaps(*network.subnet))
          return fault(FaultKind::Invalid,
                       "Pool overlaps with other one on this address space: " + network.subnet->text() + " with " +
                           other.text() + ", which this host or another network uses");
    }
    if (auto error = decideAddresses(network)) return error;
    return insert(network);
  });
  if (takeIf(error, FaultKind::Exists))
    return fault(FaultKind::Exists, "network with name " + network.name + " already exists");
  if (error) return error;
  return network;
}

llvm::Expected<Network> NetworkStore::find(StringRef text) {
  for (StringRef where : {"id = ?", "name = ?"}) {
    auto exact = select(where, text);
    if (!exact) return exact.takeError();
    if (!exact->empty()) return std::move(exact->front());
  }
  if (text.empty() || !llvm::all_of(text, llvm::isHexDigit)) return noSuchNetwork(text);
  auto begun = select("id GLOB ?", (text + "*").str());
  if (!begun) return begun.takeError();
  if (begun->empty()) return noSuchNetwork(text);
  if (begun->size() > 1)
    return fault(FaultKind::Invalid, "network " + text + " is ambiguous (" + llvm::Twine(begun->size()) +
                                         " matches found based on ID "
                                         "prefix); give more of its digits");
  return std::move(begun->front());
}

llvm::Expected<std::vector<Network>> NetworkStore::list() { return select("", ""); }

llvm::Error NetworkStore::remove(const Network& network) {
  if (isPredefined(network.name))
    return fault(FaultKind::Denied, network.name + " is a pre-defined network and cannot be removed");
  return database_.transact([&]() -> llvm::Error {
    auto users = endpointsOf(network);
    if (!users) return users.takeError();
    if (!users->empty()) return hasEndpoints(network, *users);
    auto row = database_.prepare("DELETE FROM networks WHERE id = ?");
    if (!row) return row.takeError();
    return row->bind(network.id).run();
  });
}

llvm::Expected<bool> NetworkStore::choosesAgain(Network& network, llvm::ArrayRef<Ipv4Subnet> taken) {
  bool changed = false;
  auto error = database_.transact([&]() -> llvm::Error {
    auto users = endpointsOf(network);
    auto networks = list();
    if (!users) return users.takeError();
    if (!networks) return networks.takeError();
    if (!network.chosen || !users->empty()) return llvm::Error::success();
    std::vector<Ipv4Subnet> all = taken.vec();
    for (const Network& other : *networks)
      if (other.subnet && other.id != network.id) all.push_back(*other.subnet);
    auto subnet = freeSubnet(all);
    if (!subnet) return subnet.takeError();
    network.subnet = *subnet;
    network.gateway = subnet->base + 1;
    auto row = database_.prepare("UPDATE networks SET document = ? WHERE id = ?");
    if (!row) return row.takeError();
    changed = true;
    return row->bind(printNetworkDocument(network)).bind(network.id).run();
  });
  if (error) return error;
  return changed;
}

llvm::Expected<Endpoint> NetworkStore::lease(const Network& network, Endpoint endpoint, Ipv4 wanted) {
  endpoint.networkId = network.id;
  auto error = database_.transact([&]() -> llvm::Error {
    auto present = endpointsOf(network);
    if (!present) return present.takeError();
    std::set<Ipv4> taken;
    for (const Endpoint& other : *present) {
      taken.insert(other.address);
      if (other.containerId == endpoint.containerId)
        return fault(FaultKind::Exists,
                     "endpoint with name " + endpoint.containerName + " already exists in network " + network.name);
    }
    if (wanted)
      if (auto error = checkWanted(network, taken, wanted)) return error;
    auto address = wanted ? llvm::Expected<Ipv4>(wanted) : freeAddress(network, taken);
    if (!address) return address.takeError();
    endpoint.address = *address;
    if (endpoint.mac.empty()) endpoint.mac = macFor(*address);
    auto row =
        database_.prepare("INSERT INTO endpoints(network, container, name, address, document) VALUES(?, ?, ?, ?, ?)");
    if (!row) return row.takeError();
    return row->bind(network.id)
        .bind(endpoint.containerId)
        .bind(endpoint.containerName)
        .bind(int64_t(*address))
        .bind(printEndpointDocument(endpoint))
        .run();
  });
  if (error) return error;
  return endpoint;
}

llvm::Error NetworkStore::update(const Endpoint& endpoint) {
  auto row = database_.prepare("UPDATE endpoints SET document = ? WHERE network = ? AND container = ?");
  if (!row) return row.takeError();
  return row->bind(printEndpointDocument(endpoint)).bind(endpoint.networkId).bind(endpoint.containerId).run();
}

llvm::Error NetworkStore::release(StringRef networkId, StringRef containerId) {
  auto row = database_.prepare("DELETE FROM endpoints WHERE network = ? AND container = ?");
  if (!row) return row.takeError();
  return row->bind(networkId).bind(containerId).run();
}

llvm::Expected<std::vector<Endpoint>> NetworkStore::endpointsOf(const Network& network) {
  return selectEndpoints("network = ?", network.id);
}

llvm::Expected<std::vector<Endpoint>> NetworkStore::endpointsOfContainer(StringRef id) {
  auto found = selectEndpoints("container = ?", id);
  if (found) llvm::sort(*found, [](const auto& a, const auto& b) { return a.interface < b.interface; });
  return found;
}

llvm::Expected<std::vector<Endpoint>> NetworkStore::endpoints() { return selectEndpoints("", ""); }

llvm::Error NetworkStore::renameContainer(StringRef id, StringRef name) {
  auto row = database_.prepare("UPDATE endpoints SET name = ? WHERE container = ?");
  if (!row) return row.takeError();
  return row->bind(name).bind(id).run();
}

}  // namespace strata::runtime

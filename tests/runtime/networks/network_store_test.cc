#include "runtime/networks/network_store.h"

#include "tests/runtime/networks/private_host.h"

#include <set>
#include <thread>

namespace strata::runtime {
namespace {
using testing::must;

/// In a host of its own, so that this machine's routes decide nothing.
class NetworkStoreTest : public PrivateHostTest {
protected:
  void SetUp() override {
    PrivateHostTest::SetUp();
    if (IsSkipped()) return;
    database_ = must(Database::open(path()));
    store_ = must(NetworkStore::open(*database_));
  }
  std::string path() const { return dir_.path() + "/strata.db"; }
  Network create(const std::string& name, const std::string& subnet = "") {
    Network network;
    network.name = name;
    if (!subnet.empty()) network.subnet = must(parseSubnet(subnet));
    return must(store_->create(network));
  }
  llvm::Expected<Endpoint> lease(const Network& network, const std::string& container, const char* wanted = "") {
    Endpoint endpoint;
    endpoint.containerId = endpoint.containerName = container;
    endpoint.interface = "eth0";
    return store_->lease(network, endpoint, ipv4From(wanted).value_or(0));
  }

  TempDir dir_ = testing::makeTempDir();
  std::unique_ptr<Database> database_;
  std::unique_ptr<NetworkStore> store_;
};

TEST_F(NetworkStoreTest, ThreeNetworksAreAlwaysThere) {
  std::vector<Network> all = must(store_->list());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "bridge");
  EXPECT_EQ(all[0].subnet->text(), "172.17.0.0/16");
  EXPECT_EQ(textOf(all[0].gateway), "172.17.0.1");
  EXPECT_EQ(all[1].driver, "host");
  EXPECT_EQ(all[2].driver, "null");
  auto again = must(NetworkStore::open(*database_));
  EXPECT_EQ(must(again->list()).front().id, all[0].id);
  for (const Network& network : all)
    EXPECT_FAULT_SAYING(store_->remove(network), FaultKind::Denied, "is a pre-defined network and cannot be removed");
}

TEST_F(NetworkStoreTest, NetworkIsFoundAsItWasMade) {
  Network made;
  made.name = "my-net";
  made.subnet = must(parseSubnet("10.5.0.0/24"));
  made.range = must(parseSubnet("10.5.0.128/25"));
  made.gateway = *ipv4From("10.5.0.9");
  made.options = {{"com.docker.network.driver.mtu", "1400"}};
  made.labels = {{"tier", "data"}};
  made.internal = true;
  made = must(store_->create(made));
  for (const std::string& text : {made.id, made.name, made.id.substr(0, 12)}) {
    Network found = must(store_->find(text));
    EXPECT_EQ(found.id, made.id);
    EXPECT_EQ(printNetworkDocument(found), printNetworkDocument(made));
    EXPECT_EQ(found.bridge(), "br-" + made.id.substr(0, 12));
  }
  must(store_->remove(made));
  EXPECT_FAULT_SAYING(store_->find("my-net"), FaultKind::NotFound, "network my-net not found");
}

TEST_F(NetworkStoreTest, SubnetsAreChosenApartFromEachOther) {
  EXPECT_EQ(create("one").subnet->text(), "172.18.0.0/16");
  EXPECT_EQ(create("two").subnet->text(), "172.19.0.0/16");
  ip({"link", "add", "vpn", "type", "bridge"});
  ip({"addr", "add", "172.20.1.1/24", "dev", "vpn"});
  ip({"link", "set", "vpn", "up"});
  EXPECT_EQ(create("three").subnet->text(), "172.21.0.0/16");
}

TEST_F(NetworkStoreTest, WhatCannotBeIsRefusedInDockersWords) {
  create("taken", "10.5.0.0/16");
  auto refused = [&](auto change) {
    Network network;
    network.name = "new";
    change(network);
    return store_->create(network);
  };
  EXPECT_FAULT_SAYING(refused([](Network& n) { n.name = "taken"; }), FaultKind::Exists,
                      "network with name taken already exists");
  EXPECT_FAULT_SAYING(refused([](Network& n) { n.subnet = must(parseSubnet("10.5.7.0/24")); }), FaultKind::Invalid,
                      "Pool overlaps with other one on this address space");
  EXPECT_FAULT_SAYING(refused([](Network& n) { n.driver = "overlay"; }), FaultKind::Unsupported, "needs a cluster");
  EXPECT_FAULT_SAYING(refused([](Network& n) { n.driver = "magic"; }), FaultKind::Unsupported,
                      "plugin \"magic\" not found");
  EXPECT_FAULT_SAYING(refused([](Network& n) { n.driver = "host"; }), FaultKind::Denied, "only one instance");
  EXPECT_FAULT_SAYING(refused([](Network& n) { n.driver = "macvlan"; }), FaultKind::Invalid, "--subnet");
  EXPECT_FAULT_SAYING(refused([](Network& n) { n.name = "../up"; }), FaultKind::Invalid, "invalid network name");
  EXPECT_FAULT_SAYING(refused([](Network& n) {
                        n.subnet = must(parseSubnet("10.6.0.0/24"));
                        n.gateway = *ipv4From("10.7.0.1");
                      }),
                      FaultKind::Invalid, "gateway 10.7.0.1");
}

TEST_F(NetworkStoreTest, AddressesAreTheLowestFree) {
  Network network = create("small", "10.5.0.0/29");
  for (const char* address : {"10.5.0.2", "10.5.0.3", "10.5.0.4", "10.5.0.5", "10.5.0.6"})
    EXPECT_EQ(textOf(must(lease(network, address)).address), address);
  EXPECT_FAULT_SAYING(lease(network, "last"), FaultKind::Unavailable, "no available IPv4 addresses");
  must(store_->release(network.id, "10.5.0.4"));
  Endpoint again = must(lease(network, "last"));
  EXPECT_EQ(textOf(again.address), "10.5.0.4");
  EXPECT_EQ(again.mac, "02:42:0a:05:00:04");
}

TEST_F(NetworkStoreTest, WantedAddressIsGivenOnce) {
  Network network = create("own", "10.5.0.0/24");
  EXPECT_EQ(textOf(must(lease(network, "a", "10.5.0.77")).address), "10.5.0.77");
  EXPECT_FAULT_SAYING(lease(network, "b", "10.5.0.77"), FaultKind::Unavailable, "address already in use");
  EXPECT_FAULT(lease(network, "b", "10.5.0.1"), FaultKind::Unavailable);
  EXPECT_FAULT_SAYING(lease(network, "b", "10.6.0.1"), FaultKind::Invalid, "no configured subnet contains");
  EXPECT_FAULT(lease(network, "a"), FaultKind::Exists);
  Network chosen = must(store_->find("bridge"));
  EXPECT_FAULT_SAYING(lease(chosen, "b", "172.17.0.9"), FaultKind::Invalid, "user configured subnets");
}

TEST_F(NetworkStoreTest, NetworkWithEndpointsStays) {
  Network network = create("busy");
  must(lease(network, "db"));
  EXPECT_FAULT_SAYING(store_->remove(network), FaultKind::Denied, "network busy has active endpoints (name:\"db\"");
  must(store_->release(network.id, "db"));
  must(store_->remove(network));
}

TEST_F(NetworkStoreTest, ManyConnectionsNeverGetTheSameAddress) {
  Network network = create("crowd");
  constexpr int kThreads = 20, kEach = 5;
  std::vector<std::vector<Ipv4>> got(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      auto database = must(Database::open(path()));
      auto store = must(NetworkStore::open(*database));
      for (int k = 0; k < kEach; ++k) {
        Endpoint endpoint;
        endpoint.containerId = std::to_string(i) + "-" + std::to_string(k);
        got[i].push_back(must(store->lease(network, endpoint, 0)).address);
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::set<Ipv4> different;
  for (const auto& some : got) different.insert(some.begin(), some.end());
  EXPECT_EQ(different.size(), size_t(kThreads * kEach));
}

TEST_F(NetworkStoreTest, OnlyAnUnusedChosenSubnetIsChosenAgain) {
  Network chosen = create("chosen"), own = create("own", "10.5.0.0/24");
  std::vector<Ipv4Subnet> taken = {must(parseSubnet("172.18.0.0/16"))};
  EXPECT_FALSE(must(store_->choosesAgain(own, taken)));
  EXPECT_TRUE(must(store_->choosesAgain(chosen, taken)));
  EXPECT_EQ(must(store_->find("chosen")).subnet->text(), "172.19.0.0/16");
  must(lease(chosen, "db"));
  EXPECT_FALSE(must(store_->choosesAgain(chosen, taken)));
}

}  // namespace
}  // namespace strata::runtime

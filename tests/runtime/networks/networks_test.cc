#include "runtime/networks/networks.h"

#include "runtime/networks/network_plumbing.h"
#include "tests/runtime/networks/private_host.h"

#include <csignal>
#include <thread>

namespace strata::runtime {
namespace {
using testing::must;

/// netavark, aardvark-dns and iptables on a host of the test's own. A "container" is a network namespace.
class NetworksTest : public PrivateHostTest {
protected:
  void SetUp() override {
    PrivateHostTest::SetUp();
    if (IsSkipped()) return;
    database_ = must(Database::open(dir_.path() + "/strata.db"));
    store_ = must(NetworkStore::open(*database_));
    networks_.emplace(*store_, dir_.path());
  }
  void TearDown() override {
    if (store_)
      for (const Endpoint& endpoint : must(store_->endpoints())) retireAll(endpoint.containerId);
    PrivateHostTest::TearDown();
  }

  struct Box {
    std::string id;
    UniqueFd network;
    Attachment attachment;
    std::string address(size_t i = 0) const { return textOf(attachment.endpoints[i].address); }
  };
  llvm::Expected<Box> tryBox(const std::string& name, std::vector<NetworkWish> wishes, const char* publish = "") {
    Box box{std::string(12, name.front()) + name, must(makeNetworkNamespace()), {}};
    AttachRequest request{box.id, name, std::move(wishes), {}, {}, box.network.get()};
    if (*publish) request.ports = must(parsePublish(publish));
    auto attached = networks_->attach(request);
    if (!attached) return attached.takeError();
    box.attachment = std::move(*attached);
    return box;
  }
  Box box(const std::string& name, std::vector<NetworkWish> wishes, const char* publish = "") {
    return must(tryBox(name, std::move(wishes), publish));
  }
  Network create(const std::string& name, bool internal = false) {
    Network network;
    network.name = name;
    network.internal = internal;
    return must(store_->create(network));
  }
  void retireAll(const std::string& containerId) {
    for (const Network& network : must(networks_->detach(containerId))) must(networks_->retire(network));
  }

  /// Asks the name server of the network, as a resolver in the container does. "": it does not know.
  std::string lookUp(const Box& from, llvm::StringRef server, llvm::StringRef name) {
    std::string query("\0\1\1\0\0\1\0\0\0\0\0\0", 12);
    for (llvm::StringRef label : llvm::split(name, '.')) query += char(label.size()) + label.str();
    query += std::string("\0\0\1\0\1", 5);
    for (int attempt = 0; attempt < 20; ++attempt) {  // it hears of changes by a signal
      UniqueFd socket = socketIn(from.network, SOCK_DGRAM);
      sockaddr_in place = at(server, 53);
      ::sendto(socket.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&place), sizeof place);
      char answer[512];
      timeval patience{1, 0};
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      ssize_t got = ::recv(socket.get(), answer, sizeof answer, 0);
      if (got > ssize_t(query.size()) + 12 && answer[7] > 0)
        return textOf(ntohl(*reinterpret_cast<uint32_t*>(answer + got - 4)));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return "";
  }
  int nameServerProcess() {
    auto text = readFile(dir_.path() + "/networks/names/aardvark.pid");
    if (!text) return llvm::consumeError(text.takeError()), 0;
    return std::atoi(text->c_str());
  }
  void expectNothingLeft() {
    EXPECT_EQ(ip({"-o", "link"}).find("br-"), std::string::npos) << ip({"-o", "link"});
    EXPECT_EQ(ip({"-o", "link"}).find("ve"), std::string::npos);
    std::string rules = run({"iptables-save"});
    EXPECT_EQ(rules.find("NETAVARK"), std::string::npos) << rules;
    EXPECT_TRUE(must(store_->endpoints()).empty());
  }

  TempDir dir_ = testing::makeTempDir();
  std::unique_ptr<Database> database_;
  std::unique_ptr<NetworkStore> store_;
  std::optional<Networks> networks_;
};

TEST_F(NetworksTest, ContainersOfTheDefaultBridgeReachEachOtherAndTheHost) {
  Box one = box("one", {{"bridge"}}), two = box("two", {{"default"}});
  EXPECT_EQ(one.address(), "172.17.0.2");
  EXPECT_EQ(two.address(), "172.17.0.3");
  UniqueFd server = serverIn(one.network, 80), onHost = serverIn(host_, 81);
  EXPECT_TRUE(reaches(two.network, one.address(), 80));
  EXPECT_EQ(visitor(server), two.address());
  EXPECT_TRUE(reaches(host_, one.address(), 80));
  EXPECT_TRUE(reaches(one.network, "172.17.0.1", 81));
  EXPECT_EQ(nameServerProcess(), 0);
  retireAll(one.id);
  EXPECT_TRUE(reaches(two.network, "172.17.0.1", 81)) << "the bridge stays while somebody is on it";
  retireAll(two.id);
  expectNothingLeft();
}

TEST_F(NetworksTest, BridgeStaysForAWhileAfterTheLastThatLeft) {
  Box one = box("one", {{"bridge"}});
  auto left = must(networks_->detach(one.id));
  ASSERT_EQ(left.size(), 1u);
  must(networks_->retire(left.front(), std::chrono::minutes(1)));
  EXPECT_TRUE(must(isUp(left.front()))) << "whoever left a moment ago does it himself";
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  must(networks_->retire(left.front(), std::chrono::milliseconds(10)));
  EXPECT_FALSE(must(isUp(left.front())));
  expectNothingLeft();
}

TEST_F(NetworksTest, InterfaceIsAsDockerMakesIt) {
  Box one = box("one", {{"bridge"}});
  std::string link = ipIn(one.network, {"-o", "addr", "show", "eth0"});
  EXPECT_THAT(link, ::testing::HasSubstr("172.17.0.2/16 brd 172.17.255.255"));
  EXPECT_EQ(link.find("inet6"), std::string::npos);
  EXPECT_THAT(ipIn(one.network, {"link", "show", "eth0"}), ::testing::HasSubstr("02:42:ac:11:00:02"));
  EXPECT_THAT(ipIn(one.network, {"route"}), ::testing::HasSubstr("default via 172.17.0.1 dev eth0"));
  EXPECT_TRUE(reaches(one.network, "127.0.0.1", 1) || errno == ECONNREFUSED) << "lo is up";
}

TEST_F(NetworksTest, ContainersOfAUserNetworkFindEachOtherByName) {
  Network network = create("my-net");
  Box database = box("db", {{"my-net", {"store", "Sql"}}}), app = box("app", {{"my-net"}});
  std::string gateway = textOf(network.gateway);
  for (const std::string& name :
       {std::string("db"), std::string("store"), std::string("sql"), database.id.substr(0, 12)})
    EXPECT_EQ(lookUp(app, gateway, name), database.address()) << name;
  EXPECT_EQ(lookUp(database, gateway, "app"), app.address());
  int process = nameServerProcess();
  EXPECT_GT(process, 0);
  EXPECT_EQ(must(readFile("/proc/" + std::to_string(process) + "/mountinfo")).find(dir_.path()), std::string::npos);
  retireAll(database.id);
  EXPECT_EQ(lookUp(app, gateway, "app"), app.address());
  retireAll(app.id);
  for (int i = 0; i < 200 && ::kill(process, 0) == 0; ++i) {
    std::string state = must(readFile("/proc/" + std::to_string(process) + "/stat"));
    if (state.find(") Z ") != std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(nameServerProcess(), 0) << "it ends with the last container";
  expectNothingLeft();
}

TEST_F(NetworksTest, NetworksAreApartAndAContainerMayBeOnTwo) {
  create("front"), create("back");
  Box web = box("web", {{"front"}}), database = box("db", {{"back"}}), app = box("app", {{"front"}, {"back"}});
  EXPECT_EQ(app.attachment.endpoints[1].interface, "eth1");
  UniqueFd onWeb = serverIn(web.network, 80), onDatabase = serverIn(database.network, 80);
  EXPECT_TRUE(reaches(app.network, web.address(), 80));
  EXPECT_TRUE(reaches(app.network, database.address(), 80));
  EXPECT_FALSE(reaches(web.network, database.address(), 80));
  EXPECT_FALSE(reaches(database.network, web.address(), 80));
  for (const Box* one : {&web, &database, &app}) retireAll(one->id);
  expectNothingLeft();
}

TEST_F(NetworksTest, PublishedPortIsReachedFromTheHostAndFromOutside) {
  UniqueFd world = must(makeNetworkNamespace());
  ip({"link", "add", "out", "type", "veth", "peer", "name", "in", "netns",
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(world.get())});
  ip({"addr", "add", "203.0.113.1/24", "dev", "out"});
  ip({"link", "set", "out", "up"});
  ipIn(world, {"addr", "add", "203.0.113.9/24", "dev", "in"});
  ipIn(world, {"link", "set", "in", "up"});
  Box web = box("web", {{"bridge"}}, "3000:80");
  UniqueFd server = serverIn(web.network, 80), outside = serverIn(world, 443);
  EXPECT_TRUE(reaches(host_, "127.0.0.1", 3000));
  EXPECT_NE(visitor(server), "");
  EXPECT_TRUE(reaches(world, "203.0.113.1", 3000));
  EXPECT_EQ(visitor(server), "203.0.113.9");
  EXPECT_TRUE(reaches(web.network, "203.0.113.9", 443)) << "through NAT";
  EXPECT_EQ(visitor(outside), "203.0.113.1");
  EXPECT_FAULT_SAYING(tryBox("other", {{"bridge"}}, "3000:80"), FaultKind::Unavailable,
                      "driver failed programming external connectivity on endpoint other");
  retireAll(web.id);
  web.attachment.holds.clear();
  expectNothingLeft();
  Box next = box("next", {{"bridge"}}, "127.0.0.1:3000:80");
  UniqueFd again = serverIn(next.network, 80);
  EXPECT_TRUE(reaches(host_, "127.0.0.1", 3000));
  EXPECT_FALSE(reaches(world, "203.0.113.1", 3000)) << "of loopback alone";
}

TEST_F(NetworksTest, DatagramsArePublishedToo) {
  Box service = box("service", {{"bridge"}}, "5353:53/udp");
  UniqueFd server = serverIn(service.network, 53, SOCK_DGRAM), client = socketIn(host_, SOCK_DGRAM);
  sockaddr_in place = at("127.0.0.1", 5353);
  ::sendto(client.get(), "hello", 5, 0, reinterpret_cast<sockaddr*>(&place), sizeof place);
  char got[16];
  EXPECT_EQ(::recv(server.get(), got, sizeof got, 0), 5);
}

TEST_F(NetworksTest, PortOfAnotherContainerSurvivesTheEndOfOne) {
  Box first = box("first", {{"bridge"}}, "3001:80"), second = box("second", {{"bridge"}}, "3002:80");
  retireAll(first.id);
  UniqueFd server = serverIn(second.network, 80);
  EXPECT_TRUE(reaches(host_, "127.0.0.1", 3002));
  std::string rules = run({"iptables-save", "-t", "nat"});
  EXPECT_EQ(rules.find("3001"), std::string::npos) << rules;
}

TEST_F(NetworksTest, ConnectAndDisconnectWhileItRuns) {
  Network front = create("front"), back = create("back");
  Box app = box("app", {{"front"}}), database = box("db", {{"back"}});
  UniqueFd server = serverIn(database.network, 80);
  AttachRequest request{app.id, "app", {{"back", {"api"}}}, {}, {}, app.network.get()};
  EXPECT_EQ(must(networks_->connect(request)).interface, "eth1");
  EXPECT_TRUE(reaches(app.network, database.address(), 80));
  EXPECT_NE(lookUp(database, textOf(back.gateway), "api"), "");
  EXPECT_FAULT(networks_->connect(request), FaultKind::Exists);
  must(networks_->disconnect(front, app.id, app.network.get()));
  EXPECT_THAT(ipIn(app.network, {"route"}), ::testing::HasSubstr("default via " + textOf(back.gateway)));
  must(networks_->disconnect(back, app.id, app.network.get()));
  EXPECT_FALSE(reaches(app.network, database.address(), 80));
  EXPECT_FAULT_SAYING(networks_->disconnect(back, app.id, app.network.get()), FaultKind::NotFound, "is not connected");
  retireAll(database.id);
  must(networks_->remove(front));
  expectNothingLeft();
}

TEST_F(NetworksTest, InternalNetworkHasNoWayOut) {
  create("quiet", true);
  Box one = box("one", {{"quiet"}});
  EXPECT_EQ(ipIn(one.network, {"route"}).find("default"), std::string::npos);
  retireAll(one.id);
  expectNothingLeft();
}

TEST_F(NetworksTest, FailedAttachLeavesNothing) {
  create("good");
  EXPECT_FAULT_SAYING(tryBox("one", {{"good"}, {"missing"}}), FaultKind::NotFound, "network missing not found");
  must(networks_->retire(must(store_->find("good"))));
  expectNothingLeft();
}

TEST_F(NetworksTest, AfterACrashTheDatabaseIsEnough) {
  create("my-net");
  {
    Box lost = box("lost", {{"my-net"}}, "3000:80");
    // Its supervisor is killed: ports and namespace are closed by the kernel, nobody detaches.
  }
  retireAll(std::string(12, 'l') + "lost");
  expectNothingLeft();
  box("lost", {{"my-net"}}, "3000:80");
  Box again = box("lost", {{"my-net"}}, "3000:80");
  UniqueFd server = serverIn(again.network, 80);
  EXPECT_TRUE(reaches(host_, "127.0.0.1", 3000)) << "also without a word between";
}

TEST_F(NetworksTest, AfterTheHostWasDownRowsAreWithoutMeaning) {
  Box lost = box("lost", {{"bridge"}}, "3000:80");
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0);  // the host comes up again, with nothing in its kernel
  host_ = must(openFile("/proc/thread-self/ns/net", O_RDONLY));
  must(must(Netlink::open()).bringUp("lo"));
  lost.attachment.holds.clear();
  Box again = box("lost", {{"bridge"}}, "3000:80");
  UniqueFd server = serverIn(again.network, 80);
  EXPECT_TRUE(reaches(host_, "127.0.0.1", 3000));
}

TEST_F(NetworksTest, ChosenSubnetGivesWayToTheHosts) {
  create("my-net");  // 172.18.0.0/16
  ip({"link", "add", "vpn", "type", "bridge"});
  ip({"addr", "add", "172.18.7.1/24", "dev", "vpn"});
  ip({"link", "set", "vpn", "up"});
  EXPECT_EQ(box("one", {{"my-net"}}).address(), "172.19.0.2");
}

TEST_F(NetworksTest, MacvlanIsOnTheParentsNetwork) {
  UniqueFd neighbour = must(makeNetworkNamespace());
  ip({"link", "add", "lan", "type", "veth", "peer", "name", "far", "netns",
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(neighbour.get())});
  ip({"link", "set", "lan", "up"});
  ipIn(neighbour, {"addr", "add", "10.77.0.1/24", "dev", "far"});
  ipIn(neighbour, {"link", "set", "far", "up"});
  Network network;
  network.name = "lan";
  network.driver = "macvlan";
  network.subnet = must(parseSubnet("10.77.0.0/24"));
  network.options = {{"parent", "lan"}};
  must(store_->create(network));
  Box one = box("one", {{"lan", {}, *ipv4From("10.77.0.20")}});
  UniqueFd server = serverIn(neighbour, 80);
  EXPECT_TRUE(reaches(one.network, "10.77.0.1", 80));
  EXPECT_EQ(visitor(server), "10.77.0.20");
  must(networks_->disconnect(must(store_->find("lan")), one.id, one.network.get()));
  EXPECT_FALSE(reaches(one.network, "10.77.0.1", 80));
}

TEST_F(NetworksTest, NetworkInUseIsNotRemoved) {
  Network network = create("busy");
  Box one = box("one", {{"busy"}});
  EXPECT_FAULT_SAYING(networks_->remove(network), FaultKind::Denied, "has active endpoints");
  EXPECT_TRUE(must(isUp(network)));
  retireAll(one.id);
  must(networks_->remove(network));
  EXPECT_FALSE(pathExists(dir_.path() + "/networks/" + network.id + ".lock"));
}

TEST_F(NetworksTest, BridgeThatIsThereTakesAContainerWithoutAProgram) {
  Box first = box("first", {{"bridge"}});
  auto begin = std::chrono::steady_clock::now();
  Box second = box("second", {{"bridge"}});
  auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty("microseconds", std::to_string(took / std::chrono::microseconds(1)));
  EXPECT_LT(took, std::chrono::seconds(5));
}

}  // namespace
}  // namespace strata::runtime

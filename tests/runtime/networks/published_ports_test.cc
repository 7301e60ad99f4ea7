#include "runtime/networks/published_ports.h"

#include "support/text.h"
#include "tests/runtime/networks/private_host.h"

namespace strata::runtime {
namespace {
using testing::must;

/// "ADDRESS:FIRST-LAST>PORT/PROTOCOL" each.
std::string wishesOf(llvm::StringRef text) {
  std::string seen;
  for (const PortWish& wish : must(parsePublish(text)))
    seen += (seen.empty() ? "" : " ") + textOf(wish.hostAddress) + ":" + std::to_string(wish.hostFirst) + "-" +
            std::to_string(wish.hostLast) + ">" + wish.containerText();
  return seen;
}

TEST(PublishedPortsTest, EveryFormOfPublishIsRead) {
  EXPECT_EQ(wishesOf("80"), "0.0.0.0:0-0>80/tcp");
  EXPECT_EQ(wishesOf("3000:80"), "0.0.0.0:3000-3000>80/tcp");
  EXPECT_EQ(wishesOf("127.0.0.1:3000:80"), "127.0.0.1:3000-3000>80/tcp");
  EXPECT_EQ(wishesOf("127.0.0.1::80"), "127.0.0.1:0-0>80/tcp");
  EXPECT_EQ(wishesOf("53:53/udp"), "0.0.0.0:53-53>53/udp");
  EXPECT_EQ(wishesOf("53:53/UDP"), "0.0.0.0:53-53>53/udp");
  EXPECT_EQ(wishesOf("8000-8010:80"), "0.0.0.0:8000-8010>80/tcp");
  EXPECT_EQ(wishesOf("7000-7001:80-81"), "0.0.0.0:7000-7000>80/tcp 0.0.0.0:7001-7001>81/tcp");
  EXPECT_EQ(wishesOf("90-91"), "0.0.0.0:0-0>90/tcp 0.0.0.0:0-0>91/tcp");
}

TEST(PublishedPortsTest, NonsenseIsRefused) {
  for (const char* bad : {"", "x", "80:", "0:80", "80:0", "65536:80", "80:65536", "1.2.3:80:80", "x:80", "80-70", "80/",
                          "80/icmp", "7000-7002:80-81", "1:2:3:4", "-80", "80-"})
    EXPECT_FAULT(parsePublish(bad), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(parsePublish("[::1]:80:80"), FaultKind::Unsupported, "IPv6");
}

TEST(PublishedPortsTest, ExposeTakesPortsOfTheContainerAlone) {
  EXPECT_THAT(must(parseExpose("80-82/udp")), ::testing::ElementsAre("80/udp", "81/udp", "82/udp"));
  EXPECT_FAULT(parseExpose("80:80"), FaultKind::Invalid);
}

TEST(PublishedPortsTest, BindingsAreDockersAndComeBack) {
  std::vector<PortWish> wishes = must(parsePublish("127.0.0.1:8000-8010:80"));
  wishes.push_back(must(parsePublish("53/udp")).front());
  llvm::json::Object json = portBindingsJson(wishes);
  EXPECT_EQ(printJson(llvm::json::Object(json)),
            R"({"53/udp":[{"HostIp":"","HostPort":""}],"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8000-8010"}]})");
  EXPECT_EQ(portBindingsJson(portBindingsFrom(json)), json);
}

class ReservePortsTest : public PrivateHostTest {};

TEST_F(ReservePortsTest, PortIsHeldAndThenFree) {
  std::vector<PortWish> wish = must(parsePublish("3000:80"));
  {
    ReservedPorts held = must(reservePorts(wish));
    EXPECT_EQ(held.ports.front().hostPort, 3000);
    EXPECT_FAULT_SAYING(reservePorts(wish), FaultKind::Unavailable, "0.0.0.0:3000/tcp: address already in use");
    EXPECT_FAULT(reservePorts(must(parsePublish("127.0.0.1:3000:80"))), FaultKind::Unavailable);
    EXPECT_TRUE(bool(reservePorts(must(parsePublish("3000:80/udp")))));
  }
  EXPECT_TRUE(bool(reservePorts(wish)));
}

TEST_F(ReservePortsTest, OneOfARangeOrAnyWillDo) {
  UniqueFd other = serverIn(host_, 8000);
  ReservedPorts held = must(reservePorts(must(parsePublish("8000-8001:80"))));
  EXPECT_EQ(held.ports.front().hostPort, 8001);
  EXPECT_FAULT_SAYING(reservePorts(must(parsePublish("8000-8001:80"))), FaultKind::Unavailable, "8000-8001");
  EXPECT_GT(must(reservePorts(must(parsePublish("80")))).ports.front().hostPort, 1023);
}

TEST_F(ReservePortsTest, AddressMustBeTheHosts) {
  EXPECT_FAULT_SAYING(reservePorts(must(parsePublish("192.0.2.77:80:80"))), FaultKind::Unavailable,
                      "this host has no such address");
}

}  // namespace
}  // namespace strata::runtime

#include "runtime/networks/free_subnets.h"

#include "tests/runtime/networks/private_host.h"

namespace strata::runtime {
namespace {
using testing::must;

TEST(FreeSubnetsTest, PoolsAreTakenInDockersOrder) {
  EXPECT_EQ(must(freeSubnet({})).text(), "172.17.0.0/16");
  std::vector<Ipv4Subnet> taken = {must(parseSubnet("172.17.0.0/16"))};
  EXPECT_EQ(must(freeSubnet(taken)).text(), "172.18.0.0/16");
  taken = {must(parseSubnet("172.16.0.0/12"))};
  EXPECT_EQ(must(freeSubnet(taken)).text(), "192.168.0.0/20");
}

TEST(FreeSubnetsTest, PoolsCanRunOut) {
  std::vector<Ipv4Subnet> taken = {must(parseSubnet("172.0.0.0/8")), must(parseSubnet("192.168.0.0/16"))};
  EXPECT_FAULT_SAYING(freeSubnet(taken), FaultKind::Unavailable, "network prune");
}

class HostRoutesTest : public PrivateHostTest {};

TEST_F(HostRoutesTest, AreWhatTheKernelHas) {
  EXPECT_TRUE(must(hostRoutes()).empty());
  ip({"link", "add", "far", "type", "bridge"});
  ip({"addr", "add", "172.17.5.1/16", "dev", "far"});
  ip({"link", "set", "far", "up"});
  ip({"route", "add", "10.9.0.0/24", "via", "172.17.5.2"});
  ip({"route", "add", "default", "via", "172.17.5.2"});
  std::vector<std::string> texts;
  for (const Ipv4Subnet& route : must(hostRoutes())) texts.push_back(route.text());
  EXPECT_THAT(texts, ::testing::UnorderedElementsAre("172.17.0.0/16", "10.9.0.0/24"));
}

}  // namespace
}  // namespace strata::runtime

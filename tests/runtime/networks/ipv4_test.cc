#include "runtime/networks/ipv4.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using testing::must;

TEST(Ipv4Test, AddressesAreNumbersAndBack) {
  EXPECT_EQ(ipv4From("10.0.0.1"), 0x0a000001u);
  EXPECT_EQ(textOf(0xac110002), "172.17.0.2");
  for (const char* bad : {"", "10.0.0", "10.0.0.256", "::1", "a.b.c.d", "10.0.0.1 "})
    EXPECT_FALSE(ipv4From(bad)) << bad;
}

TEST(Ipv4Test, SubnetKnowsWhatIsInIt) {
  Ipv4Subnet subnet = must(parseSubnet("172.20.16.0/20"));
  EXPECT_EQ(subnet.text(), "172.20.16.0/20");
  EXPECT_EQ(textOf(subnet.last()), "172.20.31.255");
  EXPECT_TRUE(subnet.contains(*ipv4From("172.20.31.7")));
  EXPECT_FALSE(subnet.contains(*ipv4From("172.20.32.0")));
  EXPECT_TRUE(subnet.overlaps(must(parseSubnet("172.16.0.0/12"))));
  EXPECT_TRUE(must(parseSubnet("172.16.0.0/12")).overlaps(subnet));
  EXPECT_FALSE(subnet.overlaps(must(parseSubnet("172.20.32.0/20"))));
}

TEST(Ipv4Test, SubnetWithHostBitsIsRefusedWithTheRightOne) {
  EXPECT_FAULT_SAYING(parseSubnet("10.1.2.3/16"), FaultKind::Invalid, "the network is 10.1.0.0/16");
  for (const char* bad : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/0", "fd00::/64", "10.0.0.0/-1"})
    EXPECT_FAULT(parseSubnet(bad), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::runtime

#include "runtime/networks/resolver.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {

constexpr char kHost[] =
    "# made by hand\nnameserver 127.0.0.1\nnameserver 192.0.2.53\nsearch corp.example lab.example\n"
    "options timeout:1\n";

TEST(ResolverTest, HostsServersAreTakenButNotThoseOnLoopback) {
  EXPECT_EQ(resolvConfFor(kHost, {}, 0, SharesHost::No),
            "nameserver 192.0.2.53\nsearch corp.example lab.example\noptions timeout:1\n");
  EXPECT_EQ(resolvConfFor("nameserver 127.0.0.53\n", {}, 0, SharesHost::No),
            "nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
}

TEST(ResolverTest, OnTheHostsNetworkItIsTheHosts) {
  EXPECT_EQ(resolvConfFor("nameserver 127.0.0.53\n", {}, 0, SharesHost::Yes), "nameserver 127.0.0.53\n");
  EXPECT_EQ(resolvConfFor("", {}, 0, SharesHost::Yes), "");
}

TEST(ResolverTest, WishesReplaceWhatTheHostHas) {
  ResolverWishes wishes{{"9.9.9.9", "2620:fe::fe"}, {"example.org"}, {"ndots:2"}};
  EXPECT_EQ(resolvConfFor(kHost, wishes, 0, SharesHost::No),
            "nameserver 9.9.9.9\nnameserver 2620:fe::fe\nsearch example.org\noptions ndots:2\n");
  EXPECT_EQ(resolvConfFor(kHost, {{}, {"."}, {}}, 0, SharesHost::No), "nameserver 192.0.2.53\noptions timeout:1\n");
}

TEST(ResolverTest, NetworksNameServerIsTheOnlyOne) {
  EXPECT_EQ(resolvConfFor("nameserver 192.0.2.53\n", {{"9.9.9.9"}, {}, {}}, 0xac120001, SharesHost::No),
            "nameserver 172.18.0.1\noptions ndots:0\n");
}

TEST(ResolverTest, LinesCannotBeSmuggledIn) {
  EXPECT_FAULT_SAYING(checkResolverWishes({{"dns.example"}, {}, {}}), FaultKind::Invalid,
                      "ip address is not correctly");
  EXPECT_FAULT(checkResolverWishes({{}, {"a\nnameserver 6.6.6.6"}, {}}), FaultKind::Invalid);
  EXPECT_FAULT(checkResolverWishes({{}, {}, {"a b"}}), FaultKind::Invalid);
  EXPECT_FALSE(bool(checkResolverWishes({{"9.9.9.9"}, {"example.org"}, {"ndots:1"}})));
}

}  // namespace
}  // namespace strata::runtime

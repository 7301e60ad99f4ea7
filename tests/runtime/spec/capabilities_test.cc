#include "runtime/spec/capabilities.h"

#include "runtime/spec/container_spec.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Not;

TEST(CapabilitiesWith, AddsToAndDropsFromDockersDefault) {
  EXPECT_THAT(must(capabilitiesWith({}, {})), ElementsAreArray(defaultCapabilities()));
  auto chosen = must(capabilitiesWith({"net_admin", "CAP_CHOWN"}, {"CAP_MKNOD"}));
  EXPECT_THAT(chosen, Contains("CAP_NET_ADMIN"));
  EXPECT_THAT(chosen, Not(Contains("CAP_MKNOD")));
  EXPECT_EQ(chosen.size(), defaultCapabilities().size());
}

TEST(CapabilitiesWith, KnowsAll) {
  EXPECT_THAT(must(capabilitiesWith({"NET_RAW"}, {"all"})), ElementsAre("CAP_NET_RAW"));
  EXPECT_THAT(must(capabilitiesWith({}, {"ALL"})), ElementsAre());
  auto nearlyAll = must(capabilitiesWith({"ALL"}, {"SYS_ADMIN"}));
  EXPECT_EQ(nearlyAll.size(), allCapabilities().size() - 1);
  EXPECT_THAT(nearlyAll, Not(Contains("CAP_SYS_ADMIN")));
}

TEST(CapabilitiesWith, NamesTheOptionThatIsWrong) {
  EXPECT_FAULT(capabilitiesWith({"NET_ADMINN"}, {}), FaultKind::Invalid);
  EXPECT_FAULT(capabilitiesWith({}, {""}), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::runtime

#include "runtime/host/host_report.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;

TEST(ExamineHost, WithoutAStoreNothingCanBeBuilt) {
  HostReport report = examineHost(nullptr, "the disk is gone");
  EXPECT_THAT(report.facts,
              Contains(AllOf(Field(&HostFact::name, "layers"), Field(&HostFact::value, "the disk is gone"),
                             Field(&HostFact::state, HostFact::State::Missing))));
  EXPECT_FALSE(report.isUsable());
  for (const Ability& one : report.abilities) EXPECT_FALSE(one.able) << one.name;
}

TEST(HostReport, IsUsableWithoutNetworksAndLimits) {
  HostReport report;
  report.abilities = {
      {"build with RUN", true, ""}, {"networks of containers", false, ""}, {"limits and pause", false, ""}};
  EXPECT_TRUE(report.isUsable());
  report.abilities.push_back({"run containers", false, ""});
  EXPECT_FALSE(report.isUsable());
}

}  // namespace
}  // namespace strata::runtime

#include "analyzer/bench/workload.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using testing::must;

TEST(WorkloadTest, NothingSaidMeansAll) { EXPECT_EQ(must(workloadsFrom({})), allWorkloads()); }

TEST(WorkloadTest, NamesComeInTheUsualOrderEachOnce) {
  EXPECT_EQ(must(workloadsFrom({"push,cold", "no-op", "cold"})),
            (std::vector{Workload::Cold, Workload::NoOp, Workload::Push}));
}

TEST(WorkloadTest, AnUnknownNameIsRefusedWithTheNearestOne) {
  EXPECT_FAULT_SAYING(workloadsFrom({"cold,nop"}), FaultKind::Invalid, "did you mean no-op?");
}

}  // namespace
}  // namespace strata::analyzer

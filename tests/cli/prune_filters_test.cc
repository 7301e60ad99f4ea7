#include "cli/prune_filters.h"

#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::cli {
namespace {

using strata::testing::faultOf;
using strata::testing::must;

TEST(PruneFilters, UntilIsADurationATimeOrSeconds) {
  int64_t day = int64_t(24) * 3600 * 1'000'000'000;
  int64_t yesterday = nowNanoseconds() - day;
  EXPECT_NEAR(double(*must(readPruneFilters({"until=24h"})).until), double(yesterday), 60e9);
  int64_t time = must(parseRfc3339("2026-01-02T03:04:00Z"));
  for (const char* text : {"until=2026-01-02T03:04:00Z", "until=2026-01-02T03:04:00", "until=2026-01-02T03:04",
                           "until=2026-01-02T04:04:00+01:00", "until=1767323040"})
    EXPECT_EQ(*must(readPruneFilters({text})).until, time) << text;
  EXPECT_EQ(*must(readPruneFilters({"until=2026-01-02"})).until, must(parseRfc3339("2026-01-02T00:00:00Z")));
}

TEST(PruneFilters, LabelsHaveKeyAndPerhapsValue) {
  auto filters = must(readPruneFilters({"label=a", "label!=b=c=d"}));
  ASSERT_EQ(filters.labels.size(), 2u);
  EXPECT_EQ(filters.labels[0].key, "a");
  EXPECT_FALSE(filters.labels[0].value);
  EXPECT_TRUE(filters.labels[0].wanted);
  EXPECT_EQ(filters.labels[1].key, "b");
  EXPECT_EQ(filters.labels[1].value, "c=d");
  EXPECT_FALSE(filters.labels[1].wanted);
}

TEST(PruneFilters, OthersAreRefused) {
  for (const char* text : {"until=", "until=tomorrow", "label", "id=1", ""})
    EXPECT_FAULT(readPruneFilters({text}), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli

#include "builder/frontend/go_duration.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using testing::must;

TEST(GoDuration, HEALTH_3_ReadsAsGoDoes) {
  std::pair<llvm::StringRef, int64_t> cases[] = {{"1h2m3.5s", 3'723'500'000'000},
                                                 {"0", 0},
                                                 {"+0", 0},
                                                 {"250ms", 250'000'000},
                                                 {".5s", 500'000'000},
                                                 {"5.s", 5'000'000'000},
                                                 {"1us1\xc2\xb5s1\xce\xbcs1ns", 3'001},
                                                 {"-1.5h", -5'400'000'000'000},
                                                 {"0.1s", 100'000'000},
                                                 {"0.000000001h", 3'600},
                                                 {"1.9ns", 1},
                                                 {"0.3333333333333333333333333h", 1'200'000'000'000 - 1},
                                                 {"1m1m", 120'000'000'000}};
  for (auto [text, nanoseconds] : cases) EXPECT_EQ(must(parseGoDuration(text)), nanoseconds) << text.str();
}
TEST(GoDuration, HEALTH_3_RefusesWhatIsNone) {
  for (llvm::StringRef bad : {"", "5", "s", "1x", "1..5s", ".s", "1 s", "-", "+", "--1s", "1s-1s", "1S", "1e3s"})
    EXPECT_FAULT(parseGoDuration(bad), FaultKind::Invalid);
}
TEST(GoDuration, HoldsWhat64BitsHoldAndNoMore) {
  EXPECT_EQ(must(parseGoDuration("9223372036854775807ns")), INT64_MAX);
  EXPECT_EQ(must(parseGoDuration("2562047h47m16.854775807s")), INT64_MAX);
  EXPECT_EQ(must(parseGoDuration("-9223372036854775808ns")), INT64_MIN);
  for (llvm::StringRef bad : {"9223372036854775808ns", "2562047h47m16.854775808s", "-9223372036854775809ns",
                              "99999999999h", "18446744073709551616ns", "9223372036854775807ns1ns"})
    EXPECT_FAULT(parseGoDuration(bad), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::builder

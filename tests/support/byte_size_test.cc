#include "support/byte_size.h"

#include "tests/support/testing.h"

namespace strata {
namespace {
using testing::must;

TEST(ByteSize, NumbersWithAndWithoutUnits) {
  for (auto [text, bytes] : {std::pair("0", uint64_t(0)),
                             {"512", 512},
                             {"7b", 7},
                             {"64k", 64 << 10},
                             {"64K", 64 << 10},
                             {"2m", 2 << 20},
                             {"2MB", 2 << 20},
                             {"2MiB", 2 << 20},
                             {"1g", 1 << 30},
                             {"1.5g", 3u << 29},
                             {"1 kb", 1024},
                             {"2t", uint64_t(2) << 40}})
    EXPECT_EQ(must(parseByteSize(text)), bytes) << text;
}

TEST(ByteSize, AnythingElseIsRefused) {
  for (const char* text : {"", "m", "-1", "1x", "1kk", "1.2.3", "99999999999999999999", "9999999p", "1 2", ".5m"})
    EXPECT_FAULT(parseByteSize(text), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata

#include "analyzer/image/in_chunks.h"

#include "support/fault.h"
#include "tests/support/testing.h"

#include <atomic>
#include <vector>

namespace strata::analyzer {
namespace {

TEST(InChunks, EveryIndexIsDoneOnce) {
  for (size_t count : {0, 1, 128, 1000}) {
    std::vector<std::atomic<int>> done(count);
    strata::testing::must(inChunks(count, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) ++done[i];
      return llvm::Error::success();
    }));
    for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1);
  }
}

TEST(InChunks, AFaultIsGivenBackAndTheRestIsDone) {
  std::atomic<size_t> done = 0;
  auto error = inChunks(1000, [&](size_t begin, size_t end) -> llvm::Error {
    done += end - begin;
    return fault(FaultKind::Corrupt, "broken");
  });
  EXPECT_EQ(kindOf(error), FaultKind::Corrupt);
  llvm::consumeError(std::move(error));
  EXPECT_EQ(done, 1000u);
}

}  // namespace
}  // namespace strata::analyzer

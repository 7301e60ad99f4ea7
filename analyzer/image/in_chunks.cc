#include "analyzer/image/in_chunks.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <mutex>

namespace strata::analyzer {

namespace {
constexpr size_t kChunk = 128;
}

llvm::Error inChunks(size_t count, llvm::function_ref<llvm::Error(size_t begin, size_t end)> work) {
  using Range = oneapi::tbb::blocked_range<size_t>;
  std::mutex mutex;
  llvm::Error failure = llvm::Error::success();
  auto chunk = [&](const Range& range) {
    auto error = work(range.begin(), range.end());
    std::lock_guard lock(mutex);
    if (failure)
      llvm::consumeError(std::move(error));
    else
      failure = std::move(error);
  };
  oneapi::tbb::this_task_arena::isolate([&] { oneapi::tbb::parallel_for(Range(0, count, kChunk), chunk); });
  return failure;
}

}  // namespace strata::analyzer

#include "registry/at_once.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace strata::registry {

namespace {
constexpr size_t kAtOnce = 4;
}

llvm::Error atOnce(size_t count, llvm::function_ref<llvm::Error(size_t i)> work) {
  std::mutex mutex;
  llvm::Error failure = llvm::Error::success();
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  auto takeTurns = [&] {
    for (size_t i; !failed && (i = next++) < count;)
      if (auto error = work(i)) {
        std::lock_guard lock(mutex);
        failed = true;
        failure = llvm::joinErrors(std::move(failure), std::move(error));
      }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(kAtOnce, count); ++i) helpers.emplace_back(takeTurns);
  takeTurns();
  for (std::thread& helper : helpers) helper.join();
  return failure;
}

}  // namespace strata::registry

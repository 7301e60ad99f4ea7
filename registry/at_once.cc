#include "registry/at_once.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace strata::registry {

namespace {
constexpr size_t kAtOnce = 4;

/// A fault of the place where all pieces go, rather than of one.
bool isOfPlace(FaultKind kind) {
  return kind == FaultKind::Unavailable || kind == FaultKind::Denied || kind == FaultKind::Cancelled;
}
}  // namespace

bool Causes::isNew(FaultKind kind, const std::string& message) {
  std::lock_guard lock(mutex_);
  return said_.insert(isOfPlace(kind) ? nameOf(kind).str() : message).second;
}

llvm::Error atOnce(size_t count, llvm::function_ref<llvm::Error(size_t i)> work) {
  std::mutex mutex;
  llvm::Error failure = llvm::Error::success();
  Causes causes;
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  auto takeTurns = [&] {
    for (size_t i; !failed && (i = next++) < count;)
      if (auto error = work(i)) {
        std::lock_guard lock(mutex);
        failed = true;
        FaultKind kind = kindOf(error);
        std::string message = messageOf(std::move(error));
        if (causes.isNew(kind, message)) failure = llvm::joinErrors(std::move(failure), fault(kind, message));
      }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(kAtOnce, count); ++i) helpers.emplace_back(takeTurns);
  takeTurns();
  for (std::thread& helper : helpers) helper.join();
  return failure;
}

}  // namespace strata::registry

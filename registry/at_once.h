#pragma once
/// \file Work that waits for a network, a few pieces at a time.

#include "support/fault.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

namespace strata::registry {

/// Why pieces of one work failed, each cause once: a registry that cannot be reached, or that wants a login, is as bad
/// for every piece, however its address differs in the words. Any thread.
class Causes {
public:
  /// Whether nobody has said it yet. From then on it is said.
  bool isNew(FaultKind kind, const std::string& message);

private:
  std::mutex mutex_;
  std::set<std::string> said_;
};

/// Calls `work` for 0 to `count` - 1, up to four at a time, on this thread and others. After a failure nothing is begun
/// any more; the failures of what was under way are joined, each cause once.
[[nodiscard]] llvm::Error atOnce(size_t count, llvm::function_ref<llvm::Error(size_t i)> work);

}  // namespace strata::registry

#pragma once
/// \file How long a package manager took to fill its cache, by the times of the files that it left there: what an
/// execution that finds them need not do again.

#include "analyzer/advice/finders.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>

namespace strata::analyzer {

struct CacheSaving {
  std::string build;        ///< whose execution left the files
  int64_t duration = 0;     ///< of that one, nanoseconds
  int64_t filled = 0;       ///< that the files were being written in
  uint32_t executions = 0;  ///< in the builds that are known, without the first, which finds an empty cache
  int64_t saved = 0;        ///< of these, if the same share of each would go
};

/// `targets`: absolute directories. Nothing where that cannot be told: the step's layer is not here, has less than two
/// such files, or their times are not of an execution that is known (some managers give files the times that a server
/// said).
llvm::Expected<std::optional<CacheSaving>> cacheSavingOf(const AdviceFacts& facts, size_t position,
                                                         llvm::ArrayRef<std::string> targets);

}  // namespace strata::analyzer

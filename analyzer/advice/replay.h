#pragma once
/// \file What builds of the past would have done had a step stood elsewhere: keys that the steps would have had are
/// made of the components that the journal recorded, and looked for among those of all builds before.

#include "analyzer/advice/advice.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct Replayed {
  uint32_t builds = 0;  ///< of them some would have been faster
  int64_t saved = 0;    ///< nanoseconds of the steps that would have come from the cache
};

/// What a step in its new place would stand on in this build, besides what its own components say; nothing where that
/// is not known. The steps are those of that build, as matched.
using NewGround = llvm::function_ref<llvm::Expected<std::optional<std::string>>(const builder::BuildStep& moved)>;

/// `runs`: positions in the newest build of the RUNs that would stand above the step `moved`, top down.
llvm::Expected<Replayed> replay(const AdviceFacts& facts, size_t moved, llvm::ArrayRef<size_t> runs, NewGround ground);

/// The state that the step stood on; empty where it is not recorded.
std::string groundOf(const builder::BuildStep& step);

}  // namespace strata::analyzer

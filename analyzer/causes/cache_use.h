#pragma once
/// \file What a step had of the cache: what hit rates are made of, wherever they are shown.

#include "builder/journal/journal.h"

namespace strata::analyzer {

enum class CacheUse {
  None,  ///< it asked nothing of the cache: a FROM, and what a build never came to
  Hit,
  Miss,
};
CacheUse cacheUseOf(const builder::BuildStep& step);

/// 0 to 1; of no steps 1.
double hitRateOf(uint64_t hits, uint64_t misses);

}  // namespace strata::analyzer

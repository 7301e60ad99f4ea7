#include "analyzer/causes/cache_use.h"

namespace strata::analyzer {

using builder::BuildStep;

CacheUse cacheUseOf(const BuildStep& step) {
  if (step.instruction == "from") return CacheUse::None;
  if (step.outcome == BuildStep::Outcome::Hit) return CacheUse::Hit;
  return step.miss == BuildStep::Miss::None ? CacheUse::None : CacheUse::Miss;
}

double hitRateOf(uint64_t hits, uint64_t misses) {
  return hits + misses == 0 ? 1 : double(hits) / double(hits + misses);
}

}  // namespace strata::analyzer

#include "analyzer/bench/summary.h"

#include <llvm/ADT/STLExtras.h>

#include <cmath>
#include <vector>

namespace strata::analyzer {

double medianOf(llvm::ArrayRef<double> values) {
  if (values.empty()) return 0;
  std::vector<double> sorted = values.vec();
  llvm::sort(sorted);
  size_t middle = sorted.size() / 2;
  return sorted.size() % 2 != 0 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

Summary summaryOf(llvm::ArrayRef<double> values) {
  Summary summary{.median = medianOf(values)};
  std::vector<double> distances;
  for (double value : values) distances.push_back(std::abs(value - summary.median));
  summary.deviation = medianOf(distances);
  return summary;
}

}  // namespace strata::analyzer

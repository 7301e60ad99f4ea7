#pragma once
/// \file Many measurements of one thing in two numbers that a few outliers do not move.

#include <llvm/ADT/ArrayRef.h>

namespace strata::analyzer {

/// Of an even number of values the mean of the middle two; of none 0.
double medianOf(llvm::ArrayRef<double> values);

struct Summary {
  double median = 0;
  double deviation = 0;  ///< median absolute deviation: half of the values are no further from the median
};
Summary summaryOf(llvm::ArrayRef<double> values);

}  // namespace strata::analyzer

#pragma once
/// \file How many threads can run at once.

namespace strata {

/// The processors that this process may use: what its affinity allows (a cpuset, taskset), at least 1.
unsigned usableCores();

}  // namespace strata

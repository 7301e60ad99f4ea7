#pragma once
/// \file How long a plan would take on other machines, from what its steps took before: arithmetic, nothing is run.
///
/// Vertices are started as the solver starts them, within the same limits (limitsOf), but the one with the longest way
/// to the end first. What a RUN does with a core is not written down anywhere, so there are two answers, and the truth
/// lies between: every RUN waits (for a network, a disk, a sleep), or every RUN keeps a core busy for all of its time.
/// A RUN that keeps several busy is faster on more cores than either says.

#include "builder/plan/plan.h"

#include <llvm/ADT/ArrayRef.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace strata::builder {

/// Nanoseconds by VertexId; nothing: none is recorded, counted as 0.
using RecordedTimes = std::vector<std::optional<int64_t>>;

struct SimulatedMachine {
  std::optional<unsigned> cores;  ///< nothing: as many as are of use, and as many RUNs at once
  int64_t waiting = 0;            ///< nanoseconds of the build where RUNs wait
  int64_t computing = 0;          ///< ... where each keeps a core busy
};

struct Simulation {
  std::vector<SimulatedMachine> machines;  ///< in the order asked for
  int64_t work = 0;                        ///< nanoseconds of all vertices together
  std::vector<VertexId> critical;          ///< the chain that takes longest, first to last, vertices that take time
  int64_t criticalTime = 0;                ///< nanoseconds: no machine is faster
  std::vector<VertexId> unrecorded;        ///< steps without a time, but for bases, which nobody executes
};

/// Vertices that take no time hold no core, as a record that is found holds none.
Simulation simulate(const Plan& plan, const RecordedTimes& times, llvm::ArrayRef<std::optional<unsigned>> machines);

}  // namespace strata::builder

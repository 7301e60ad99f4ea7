#pragma once
/// \file How long each step of strata's builds took, by workload.

#include "analyzer/bench/bench_report.h"
#include "builder/journal/journal.h"

#include <map>
#include <vector>

namespace strata::analyzer {

/// Told of every build that is counted. All builds are of one plan.
class StepTimes {
public:
  void add(Workload workload, const builder::Build& build);
  std::vector<StepFigures> figures() const;

private:
  struct Step {
    std::string name;
    uint32_t line = 0;
    std::map<Workload, std::vector<double>> seconds;  ///< of the rounds in which it ran; empty: it never did
  };
  std::map<uint32_t, Step> steps_;  ///< by BuildStep::index
};

}  // namespace strata::analyzer

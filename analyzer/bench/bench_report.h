#pragma once
/// \file What a benchmark found out: plain values, which the views print.

#include "analyzer/bench/summary.h"
#include "analyzer/bench/workload.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// One tool at one workload.
struct ToolFigures {
  std::string tool;
  std::optional<std::string> notMeasured;  ///< why; all else is empty then
  std::vector<double> seconds;             ///< a round each, in order
  Summary summary;                         ///< of these
  std::optional<double> ratio;             ///< a peer's median in strata's; of strata itself nothing
  /// Bytes, medians of the rounds. Nothing where a daemon does the work, of which nobody sees it.
  std::optional<uint64_t> peakMemory, diskRead, diskWritten;
  std::optional<uint64_t> layerBytes;   ///< of the uncompressed layers that were made; strata alone
  std::optional<uint64_t> pushedBytes;  ///< that the registry has; of a registry of our own alone
};

struct WorkloadFigures {
  Workload workload = Workload::Cold;
  std::vector<ToolFigures> tools;  ///< strata first; all of them in every workload
};

/// A step of strata's own builds.
struct StepFigures {
  std::string name;
  uint32_t line = 0;
  /// By workload. Median seconds of the rounds in which it ran; nothing where it never did.
  std::map<Workload, std::optional<double>> seconds;
};

struct BenchTool {
  std::string name, version;
};

struct BenchReport {
  std::string context, dockerfile;
  unsigned rounds = 0, warmUp = 0;
  std::vector<BenchTool> tools;            ///< strata first
  std::string touched, dependency;         ///< paths in the context; empty: there is none
  std::vector<WorkloadFigures> workloads;  ///< those that were asked for, in the order of allWorkloads()
  std::vector<StepFigures> steps;          ///< in the build's order, FROMs left out
};

}  // namespace strata::analyzer

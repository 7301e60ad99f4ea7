#pragma once
/// \file Something that builds images and is measured: strata or a peer.

#include "analyzer/bench/bench_report.h"
#include "analyzer/bench/measured_program.h"
#include "builder/journal/journal.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>

namespace strata::analyzer {

/// One run.
struct Measurement {
  ProgramRun run;
  std::optional<builder::Build> build;  ///< what the journal says of it; strata's builds alone
  std::optional<uint64_t> pushedBytes;
};

/// Used as: for each workload begin(); for each round prepare() and run(); end(). What a destructor leaves is as the
/// user had it.
class Tool {
public:
  virtual ~Tool() = default;
  virtual const BenchTool& facts() const = 0;
  /// Whether its processes do the work, not a daemon.
  virtual bool worksItself() const = 0;
  /// Why it does not take part; nothing: it does.
  virtual std::optional<std::string> whyNot(Workload workload) const = 0;

  /// Makes the state that every round begins with. Faults: ProgramFailed where the build fails.
  [[nodiscard]] virtual llvm::Error begin(Workload workload) = 0;
  /// What a round needs once more; not measured. `round` counts those of the workload from 0, warm-up included.
  [[nodiscard]] virtual llvm::Error prepare(Workload workload, unsigned round) = 0;
  virtual llvm::Expected<Measurement> run(Workload workload, unsigned round) = 0;
  [[nodiscard]] virtual llvm::Error end(Workload workload) = 0;
};

}  // namespace strata::analyzer

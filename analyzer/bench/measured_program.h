#pragma once
/// \file A program run to its end by itself: how long it took, how much memory and disk it needed. (To converse with
/// one: support/process.h.)

#include "analyzer/bench/started_program.h"
#include "support/fault.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <string>

namespace strata {
class CancelToken;
}

namespace strata::analyzer {

struct ProgramRun {
  int exitCode = 0;  ///< the program's own, or 128 + the signal that ended it
  double seconds = 0;
  uint64_t peakMemory = 0;  ///< bytes resident in the largest of its processes, descendants that it waited for included
  uint64_t diskRead = 0;    ///< bytes that came from the disk, by all of them
  uint64_t diskWritten = 0;  ///< bytes that they wrote to files on disks, whether they are there yet or not
  std::string output;        ///< what it printed, on both streams; of much the end
};

/// When `cancel` comes the program is asked to end (SIGTERM), killed where it does not, and waited for; what it then
/// leaves in its session is killed. Faults: Cancelled; as startProgram(). A non-zero exit is an answer, not a fault.
llvm::Expected<ProgramRun> measure(const ProgramCall& call, const CancelToken& cancel);

/// A program that had to succeed did not.
class ProgramFailed : public llvm::ErrorInfo<ProgramFailed, Fault> {
public:
  static char ID;
  ProgramFailed(const std::string& message, ProgramRun run)
      : ErrorInfo(FaultKind::Invalid, message), run_(std::move(run)) {}
  const ProgramRun& run() const { return run_; }

private:
  ProgramRun run_;
};

/// The same, which faults ProgramFailed with `doing` where the program does not exit with 0.
llvm::Expected<ProgramRun> measureSuccess(const ProgramCall& call, llvm::StringRef doing, const CancelToken& cancel);

}  // namespace strata::analyzer

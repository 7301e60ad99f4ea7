#include "analyzer/bench/copied_directory.h"

#include "analyzer/bench/measured_program.h"

namespace strata::analyzer {

llvm::Error copyDirectory(const std::string& from, const std::string& to, const CancelToken& cancel) {
  ProgramCall call{.program = "cp",
                   .arguments = {"cp", "--archive", "--reflink=auto", "--no-target-directory", "--", from, to}};
  auto run = measure(call, cancel);
  if (!run) return withContext(run.takeError(), "copy " + from);
  if (run->exitCode == 0) return llvm::Error::success();
  return fault(FaultKind::Io, "copy " + from + " with cp: " + llvm::StringRef(run->output).trim());
}

}  // namespace strata::analyzer

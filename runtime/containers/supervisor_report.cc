#include "runtime/containers/supervisor_report.h"

namespace strata::runtime {

namespace {
constexpr int kNoProgram = 127, kNotExecutable = 126, kNotStarted = 128;
}  // namespace

std::string reportOf(llvm::Error error) {
  if (!error) return "ok";
  int kind = int(kindOf(error));
  return std::to_string(kind) + " " + messageOf(std::move(error));
}

llvm::Error readReport(llvm::StringRef report) {
  if (report == "ok") return llvm::Error::success();
  int kind = 0;
  auto [number, message] = report.split(' ');
  if (number.getAsInteger(10, kind) || kind < 0 || kind > int(FaultKind::Io))
    return fault(FaultKind::Unavailable, "the container's supervisor ended unexpectedly");
  return fault(FaultKind(kind), message);
}

int64_t startFailureCode(FaultKind kind) {
  if (kind == FaultKind::NotFound) return kNoProgram;
  return kind == FaultKind::Denied ? kNotExecutable : kNotStarted;
}

}  // namespace strata::runtime

#include "cli/containers/stop_options.h"

#include "cli/options.h"
#include "runtime/containers/container_plan.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

void declareStopChoice(Options& declared, StopChoice& choice) {
  declared.text("-s,--signal", choice.signal, "Signal to send (default: the container's stop signal)");
  declared.text("-t,--timeout,--time", choice.seconds, "Seconds to wait before killing it (-1: for ever)", "int");
}

llvm::Expected<runtime::StopOptions> StopChoice::read() const {
  runtime::StopOptions options;
  if (!signal.empty()) {
    options.signal = runtime::signalFromName(signal);
    if (!options.signal) return fault(FaultKind::Invalid, "Invalid signal: " + printable(signal));
  }
  if (int64_t number = 0; !seconds.empty()) {
    if (llvm::StringRef(seconds).getAsInteger(10, number))
      return fault(FaultKind::Invalid, "invalid argument \"" + printable(seconds) + "\" for --timeout: seconds");
    options.seconds = number;
  }
  return options;
}

}  // namespace strata::cli

#include "cli/commands.h"
#include "cli/containers/each_container.h"
#include "cli/options.h"
#include "runtime/containers/container_plan.h"
#include "runtime/containers/lifecycle.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

llvm::Expected<int> kill(const std::string& text, Session& session, const Arguments& words) {
  auto signal = runtime::signalFromName(text);
  if (!signal) return fault(FaultKind::Invalid, "Invalid signal: " + printable(text));
  return forEachContainer(session, words, Pace::OneByOne,
                          [&](runtime::ContainerStore& store, const runtime::Container& container) {
                            return withContext(runtime::killContainer(store, container, *signal),
                                               "cannot kill container: " + container.name);
                          });
}

}  // namespace

Command killCommand() {
  return {.name = "kill",
          .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
          .description = "Send a signal to one or more running containers",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto signal = std::make_shared<std::string>("KILL");
            declared.text("-s,--signal", *signal, "The signal (default KILL)");
            return [signal](Session& session, const Arguments& words) { return kill(*signal, session, words); };
          }};
}

}  // namespace strata::cli

#include "cli/commands.h"
#include "cli/containers/each_container.h"
#include "cli/containers/stop_options.h"
#include "cli/options.h"

namespace strata::cli {

namespace {

llvm::Expected<int> restart(const StopChoice& choice, Session& session, const Arguments& words) {
  auto options = choice.read();
  if (!options) return options.takeError();
  runtime::SupervisorProgram program = session.supervisorProgram();
  return forEachContainer(session, words, Pace::AtOnce,
                          [&](runtime::ContainerStore& store, const runtime::Container& container) {
                            return runtime::restartContainer(store, container, *options, program);
                          });
}

}  // namespace

Command restartCommand() {
  return {.name = "restart",
          .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
          .description = "Stop and start one or more containers",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto choice = std::make_shared<StopChoice>();
            declareStopChoice(declared, *choice);
            return [choice](Session& session, const Arguments& words) { return restart(*choice, session, words); };
          }};
}

}  // namespace strata::cli

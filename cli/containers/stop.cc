#include "cli/commands.h"
#include "cli/containers/each_container.h"
#include "cli/containers/stop_options.h"
#include "cli/options.h"

namespace strata::cli {

namespace {

llvm::Expected<int> stop(const StopChoice& choice, Session& session, const Arguments& words) {
  auto options = choice.read();
  if (!options) return options.takeError();
  return forEachContainer(session, words, Pace::AtOnce,
                          [&](runtime::ContainerStore& store, const runtime::Container& container) {
                            return runtime::stopContainer(store, container, *options);
                          });
}

}  // namespace

Command stopCommand() {
  return {.name = "stop",
          .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
          .description = "Stop one or more running containers",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto choice = std::make_shared<StopChoice>();
            declareStopChoice(declared, *choice);
            return [choice](Session& session, const Arguments& words) { return stop(*choice, session, words); };
          }};
}

}  // namespace strata::cli

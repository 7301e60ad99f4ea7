/// \file `pause` and `unpause`: all processes of a container stopped where they are, by its control group.

#include "runtime/containers/pause.h"
#include "cli/commands.h"
#include "cli/containers/each_container.h"
#include "cli/options.h"

namespace strata::cli {

Command pauseCommand() {
  return {.name = "pause",
          .usage = "CONTAINER [CONTAINER...]",
          .description = "Pause all processes of one or more containers",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options&) -> Action {
            return [](Session& session, const Arguments& words) {
              return forEachContainer(session, words, Pace::OneByOne, runtime::pauseContainer);
            };
          }};
}

Command unpauseCommand() {
  return {.name = "unpause",
          .usage = "CONTAINER [CONTAINER...]",
          .description = "Let all processes of one or more containers go on",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options&) -> Action {
            return [](Session& session, const Arguments& words) {
              return forEachContainer(session, words, Pace::OneByOne, runtime::resumeContainer);
            };
          }};
}

}  // namespace strata::cli

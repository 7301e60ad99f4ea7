#include "cli/commands.h"
#include "cli/console.h"
#include "cli/containers/attachment.h"
#include "cli/options.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

#include <unistd.h>

namespace strata::cli {

namespace {

struct AttachCommandOptions {
  AttachChoice choice;
  bool noInput = false;
};

llvm::Expected<int> attach(const AttachCommandOptions& options, Session& session, const Arguments& words) {
  auto keys = options.choice.keys();
  if (!keys) return keys.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, words.front());
  if (!container) return container.takeError();
  if (container->state.status == runtime::ContainerStatus::Paused)
    return fault(FaultKind::Invalid, "cannot attach to a paused container, unpause it first");
  bool input = container->config.openStdin && !options.noInput;
  if (input && container->config.terminal && !isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "the input device is not a TTY");
  return attachToRunning(*container,
                         {.input = input,
                          .terminal = container->config.terminal,
                          .signalProxy = options.choice.signalProxy,
                          .detachKeys = std::move(*keys)},
                         session);
}

}  // namespace

Command attachCommand() {
  return {.name = "attach",
          .usage = "[OPTIONS] CONTAINER",
          .description = "Join our standard streams with those of a running container",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<AttachCommandOptions>();
            declareAttachChoice(declared, options->choice);
            declared.flag("--no-stdin", options->noInput, "Do not give it our standard input");
            return [options](Session& session, const Arguments& words) { return attach(*options, session, words); };
          }};
}

}  // namespace strata::cli

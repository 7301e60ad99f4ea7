#include "cli/commands.h"
#include "cli/console.h"
#include "cli/containers/attachment.h"
#include "cli/containers/each_container.h"
#include "cli/options.h"
#include "runtime/containers/lifecycle.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

#include <unistd.h>

namespace strata::cli {

namespace {

struct StartOptions {
  AttachChoice choice;
  bool attach = false, interactive = false;
};

bool runs(const runtime::Container& container) {
  return container.state.isLive() || container.state.status == runtime::ContainerStatus::Restarting;
}

llvm::Expected<int> startAttachedTo(const StartOptions& options, Session& session, const Arguments& words) {
  if (words.size() > 1) return fault(FaultKind::Invalid, "you cannot start and attach multiple containers at once");
  auto keys = options.choice.keys();
  if (!keys) return keys.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, words.front());
  if (!container) return container.takeError();
  if (options.interactive && container->config.terminal && !isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "the input device is not a TTY");
  runtime::AttachOptions attach{.input = options.interactive && container->config.openStdin,
                                .terminal = container->config.terminal,
                                .signalProxy = options.choice.signalProxy,
                                .detachKeys = std::move(*keys)};
  if (runs(*container)) return attachToRunning(*container, attach, session);
  auto begun = runtime::ContainerStart::begin(session.supervisorProgram(), container->id);
  if (!begun) return begun.takeError();
  return startAttached(*container, std::move(*begun), attach, session);
}

llvm::Expected<int> start(const StartOptions& options, Session& session, const Arguments& words) {
  if (options.attach || options.interactive) return startAttachedTo(options, session, words);
  runtime::SupervisorProgram program = session.supervisorProgram();
  return forEachContainer(session, words, Pace::AtOnce,
                          [&](runtime::ContainerStore& store, const runtime::Container& container) -> llvm::Error {
                            if (runs(container)) return llvm::Error::success();
                            return runtime::startContainer(store, container, program);
                          });
}

}  // namespace

Command startCommand() {
  return {.name = "start",
          .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
          .description = "Start one or more stopped containers",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<StartOptions>();
            declared.flag("-a,--attach", options->attach, "Show what it prints, and pass signals on");
            declareAttachChoice(declared, options->choice);
            declared.flag("-i,--interactive", options->interactive, "Give it our standard input");
            return [options](Session& session, const Arguments& words) { return start(*options, session, words); };
          }};
}

}  // namespace strata::cli

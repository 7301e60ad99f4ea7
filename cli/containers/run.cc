#include "cli/commands.h"
#include "cli/console.h"
#include "cli/containers/attachment.h"
#include "cli/containers/create_options.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/lifecycle.h"
#include "runtime/spec/object_names.h"
#include "support/fault.h"

#include <unistd.h>

namespace strata::cli {

namespace {

/// docker's: the container could not be run.
constexpr int kNotRun = 125;

struct RunOptions {
  CreateOptions create;
  AttachChoice attach;
  bool detach = false;
};

llvm::Error checkOptions(const RunOptions& options) {
  if (options.detach && !options.create.attach.empty())
    return fault(FaultKind::Invalid, "conflicting options: cannot specify both --attach and --detach");
  if (options.create.terminal && options.create.interactive && !options.detach && !isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "the input device is not a TTY");
  return llvm::Error::success();
}

llvm::Expected<int> run(const RunOptions& options, Session& session, const Arguments& arguments) {
  if (llvm::Error error = checkOptions(options)) return error;
  auto keys = options.attach.keys();
  if (!keys) return keys.takeError();
  std::string id = runtime::makeObjectId();
  auto start = runtime::ContainerStart::begin(session.supervisorProgram(), id);
  if (!start) return start.takeError();
  auto container = createContainer(options.create, id, options.detach, session, arguments);
  if (!container) return container.takeError();
  const runtime::ContainerConfig& config = container->config;
  if (config.attachStdin || config.attachStdout || config.attachStderr)
    return startAttached(*container, std::move(*start), attachOptionsFor(*container, options.attach.signalProxy, *keys),
                         session);
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  if (llvm::Error error = runtime::startContainer(**containers, *container, std::move(*start), {})) {
    if (options.detach) session.out() << container->id << "\n";
    return startFailure(std::move(error), session);
  }
  session.out() << container->id << "\n";
  return 0;
}

Action declareRun(Options& declared) {
  auto options = std::make_shared<RunOptions>();
  declareCreateOptions(declared, options->create);
  declareAttachChoice(declared, options->attach);
  declared.flag("-d,--detach", options->detach, "Run it in the background and print its id");
  return [options](Session& session, const Arguments& arguments) { return run(*options, session, arguments); };
}

}  // namespace

Command runCommand() {
  return {.name = "run",
          .usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
          .description = "Create a container of an image and start it",
          .minimum = 1,
          .maximum = -1,
          .declare = declareRun,
          .optionsFirst = true,
          .failure = kNotRun,
          .errorPrefix = "strata: "};
}

}  // namespace strata::cli

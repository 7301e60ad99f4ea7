#include "runtime/containers/exec.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/containers/attachment.h"
#include "cli/containers/environment.h"
#include "cli/options.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

#include <unistd.h>

namespace strata::cli {

namespace {

struct ExecOptions {
  bool detach = false, interactive = false, terminal = false, privileged = false;
  std::vector<std::string> env, envFiles;
  std::optional<std::string> user;
  std::string workdir;
};

llvm::Expected<int> exec(const ExecOptions& options, Session& session, const Arguments& words) {
  if (options.terminal && options.interactive && !options.detach && !isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "the input device is not a TTY");
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, words.front());
  if (!container) return container.takeError();
  std::vector<std::string> base = container->config.env;
  if (options.terminal) base.push_back("TERM=xterm");
  auto env = environmentWith(std::move(base), options.envFiles, options.env);
  if (!env) return env.takeError();
  auto code = runtime::execInContainer(**containers, *container,
                                       {.argv = {words.begin() + 1, words.end()},
                                        .env = std::move(*env),
                                        .workingDir = options.workdir,
                                        .user = options.user,
                                        .terminal = options.terminal && !options.detach,
                                        .interactive = options.interactive && !options.detach,
                                        .detached = options.detach,
                                        .privileged = options.privileged});
  if (!code) return startFailure(code.takeError(), session);
  return code;
}

Action declareExec(Options& declared) {
  auto options = std::make_shared<ExecOptions>();
  declared.flag("-d,--detach", options->detach, "Do not wait for it, and do not show what it prints");
  declared.ignored("--detach-keys", true);
  declared.list("-e,--env", options->env, "Set an environment variable (NAME=VALUE, or NAME from our own)");
  declared.list("--env-file", options->envFiles, "Read environment variables from a file");
  declared.flag("-i,--interactive", options->interactive, "Give it our standard input");
  declared.flag("--privileged", options->privileged, "All capabilities");
  declared.flag("-t,--tty", options->terminal, "Give it a terminal");
  declared.text("-u,--user", options->user, "User of the process (NAME|UID[:GROUP|GID])");
  declared.text("-w,--workdir", options->workdir, "Its working directory");
  return [options](Session& session, const Arguments& words) { return exec(*options, session, words); };
}

}  // namespace

Command execCommand() {
  return {.name = "exec",
          .usage = "[OPTIONS] CONTAINER COMMAND [ARG...]",
          .description = "Run a further program in a running container",
          .minimum = 2,
          .maximum = -1,
          .declare = declareExec,
          .optionsFirst = true,
          .ownMounts = true};
}

}  // namespace strata::cli

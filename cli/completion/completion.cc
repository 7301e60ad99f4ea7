#include "cli/commands.h"
#include "cli/completion/shell_scripts.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

llvm::Expected<int> printScript(Session& session, const Arguments& words) {
  llvm::StringRef script = completionScript(words.front());
  if (script.empty())
    return fault(FaultKind::Invalid, "no completion for '" + printable(words.front()) + "': bash, zsh or fish");
  session.out() << script;
  return 0;
}

}  // namespace

Command completionCommand() {
  return {.name = "completion",
          .usage = "bash|zsh|fish",
          .description = "Print what makes a shell complete strata's commands",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options&) -> Action { return printScript; },
          .asCaller = true};
}

}  // namespace strata::cli

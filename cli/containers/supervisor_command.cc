/// \file The hidden command as which strata starts itself again, to supervise one container.

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/supervisor.h"

namespace strata::cli {

namespace {

llvm::Expected<int> supervise(Session& session, const Arguments& arguments) {
  runtime::supervise(arguments[0], {[&] { return session.store(); }, [&] { session.closeStore(); }});
  return 0;
}

}  // namespace

Command supervisorCommand() {
  return {.name = runtime::kSupervisorCommand,
          .usage = "CONTAINER",
          .description = "Supervise a container (for strata itself)",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action { return supervise; },
          .optionsFirst = true,
          .ownMounts = true,
          .alias = true};
}

}  // namespace strata::cli

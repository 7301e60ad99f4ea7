/// \file The hidden command as which strata starts itself again, to supervise one container.

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/supervisor.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

llvm::Expected<int> supervise(Session& session, const Arguments& arguments) {
  runtime::SupervisorTask task{.id = arguments[0]};
  int* targets[] = {&task.lock, &task.report, &task.client};
  for (size_t i = 0; i < std::size(targets); ++i)
    if (llvm::StringRef(arguments[i + 1]).getAsInteger(10, *targets[i]))
      return fault(FaultKind::Invalid, "this command is for strata itself");
  runtime::supervise(task, {[&] { return session.store(); }, [&] { session.closeStore(); }});
  return 0;
}

}  // namespace

Command supervisorCommand() {
  return {.name = runtime::kSupervisorCommand,
          .usage = "CONTAINER LOCK REPORT CLIENT",
          .description = "Supervise a container (for strata itself)",
          .minimum = 4,
          .maximum = 4,
          .declare = [](Options& declared) -> Action { return supervise; },
          .optionsFirst = true,
          .ownMounts = true,
          .alias = true};
}

}  // namespace strata::cli

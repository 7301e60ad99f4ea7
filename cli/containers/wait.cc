#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/lifecycle.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

llvm::Expected<int> wait(Session& session, const Arguments& words) {
  llvm::Error failures = llvm::Error::success();
  for (const std::string& word : words) {
    auto containers = session.containers();
    if (!containers) return containers.takeError();
    auto container = runtime::findContainer(**containers, word);
    auto code = container ? runtime::waitForContainer(**containers, *container) : container.takeError();
    if (code)
      session.out() << *code << "\n";
    else
      failures = llvm::joinErrors(std::move(failures), code.takeError());
  }
  if (failures) return failures;
  return 0;
}

}  // namespace

Command waitCommand() {
  return {.name = "wait",
          .usage = "CONTAINER [CONTAINER...]",
          .description = "Wait until containers end, and print their exit codes",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options&) -> Action { return wait; }};
}

}  // namespace strata::cli

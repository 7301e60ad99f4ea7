#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/truth.h"

namespace strata::cli {

namespace {

llvm::Expected<int> rename(Session& session, const Arguments& words) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, words[0]);
  if (!container) return container.takeError();
  if (llvm::Error error = (*containers)->rename(*container, words[1])) return error;
  return 0;
}

}  // namespace

Command renameCommand() {
  return {.name = "rename",
          .usage = "CONTAINER NEW_NAME",
          .description = "Give a container another name",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options&) -> Action { return rename; }};
}

}  // namespace strata::cli

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/truth.h"
#include "runtime/files/container_files.h"
#include "support/text.h"

namespace strata::cli {

namespace {

char letterOf(runtime::ChangeKind kind) {
  switch (kind) {
    case runtime::ChangeKind::Added:
      return 'A';
    case runtime::ChangeKind::Deleted:
      return 'D';
    default:
      return 'C';
  }
}

llvm::Expected<int> diff(Session& session, const std::string& name) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, name);
  if (!container) return container.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto changes = runtime::changesOf(*container, **containers, **store);
  if (!changes) return changes.takeError();
  for (const runtime::FileChange& change : *changes)
    session.out() << letterOf(change.kind) << " " << printable(change.path) << "\n";
  return 0;
}

}  // namespace

Command containerDiffCommand() {
  return {.name = "diff",
          .usage = "CONTAINER",
          .description = "Show which files of a container differ from its image: Added, Changed, Deleted",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options&) -> Action {
            return [](Session& session, const Arguments& words) { return diff(session, words.front()); };
          }};
}

}  // namespace strata::cli

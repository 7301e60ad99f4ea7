#include "cli/commands.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_events.h"
#include "runtime/containers/truth.h"
#include "runtime/files/container_files.h"
#include "support/fault.h"
#include "support/output_file.h"

#include <unistd.h>

namespace strata::cli {

namespace {

llvm::Expected<int> exportFiles(const std::string& output, Session& session, const std::string& name) {
  if (output.empty() && isTerminal(STDOUT_FILENO))
    return fault(FaultKind::Invalid, "cowardly refusing to save to a terminal. Use the -o flag or redirect");
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, name);
  if (!container) return container.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto produce = [&](ByteSink& sink) { return runtime::exportContainer(*container, **containers, **store, sink); };
  FdSink standard(STDOUT_FILENO);
  if (llvm::Error error = output.empty() ? produce(standard) : writeOutput(output, 0600, produce)) return error;
  runtime::tellContainerEvent((*store)->root(), *container, "export");
  return 0;
}

}  // namespace

Command containerExportCommand() {
  return {.name = "export",
          .usage = "[OPTIONS] CONTAINER",
          .description = "Write all files of a container as a tar archive",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto output = std::make_shared<std::string>();
            declared.text("-o,--output", *output, "Write to a file, not to standard output");
            return [output](Session& session, const Arguments& words) {
              return exportFiles(*output, session, words.front());
            };
          }};
}

}  // namespace strata::cli

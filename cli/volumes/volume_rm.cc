#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_store.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct VolumeRemoveOptions {
  bool force = false;
};

llvm::Expected<int> remove(const VolumeRemoveOptions& options, Session& session, const Arguments& names) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto volumes = (*containers)->volumes();
  if (!volumes) return volumes.takeError();
  llvm::Error failures = llvm::Error::success();
  for (const std::string& name : names) {
    llvm::Error error = (*volumes)->remove(name);
    if (!error || (options.force && takeIf(error, FaultKind::NotFound)))
      session.out() << name << "\n";
    else
      failures = llvm::joinErrors(std::move(failures), std::move(error));
  }
  if (failures) return failures;
  return 0;
}

}  // namespace

Command volumeRemoveCommand() {
  return {.name = "rm",
          .usage = "[OPTIONS] VOLUME [VOLUME...]",
          .description = "Remove one or more volumes that no container has",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<VolumeRemoveOptions>();
            declared.flag("-f,--force", options->force, "An absent one is no error");
            return [options](Session& session, const Arguments& names) { return remove(*options, session, names); };
          }};
}

}  // namespace strata::cli

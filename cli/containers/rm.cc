#include "cli/commands.h"
#include "cli/containers/each_container.h"
#include "cli/options.h"
#include "runtime/containers/lifecycle.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct RemoveOptions {
  bool force = false, volumes = false;
};

/// What is not there is as good as removed to who insists.
Arguments thoseThere(const Arguments& words, runtime::ContainerStore& store) {
  Arguments there;
  for (const std::string& word : words) {
    auto container = runtime::findContainer(store, word);
    llvm::Error error = container ? llvm::Error::success() : container.takeError();
    if (!takeIf(error, FaultKind::NotFound)) there.push_back(word);
    llvm::consumeError(std::move(error));
  }
  return there;
}

llvm::Expected<int> remove(const RemoveOptions& options, Session& session, const Arguments& words) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  return forEachContainer(session, options.force ? thoseThere(words, **containers) : words, Pace::AtOnce,
                          [&](runtime::ContainerStore& store, const runtime::Container& container) {
                            return runtime::removeContainer(
                                store, container, options.force,
                                options.volumes ? runtime::WithVolumes::Yes : runtime::WithVolumes::No);
                          });
}

}  // namespace

Command containerRemoveCommand() {
  return {.name = "rm",
          .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
          .description = "Remove one or more containers",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<RemoveOptions>();
            declared.flag("-f,--force", options->force, "Kill it first if it runs; an absent one is no error");
            declared.flag("-v,--volumes", options->volumes, "Remove its anonymous volumes, too");
            declared.later("--link", false);
            return [options](Session& session, const Arguments& words) { return remove(*options, session, words); };
          }};
}

}  // namespace strata::cli

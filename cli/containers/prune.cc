#include "cli/commands.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/prune_filters.h"
#include "cli/pruned.h"
#include "cli/session.h"
#include "runtime/containers/lifecycle.h"
#include "runtime/containers/truth.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct ContainerPruneOptions {
  bool force = false;
  std::vector<std::string> filters;
};

bool isStopped(const runtime::Container& container) {
  using Status = runtime::ContainerStatus;
  Status status = container.state.status;
  return status == Status::Created || status == Status::Exited || status == Status::Dead;
}

/// What it has written, on disk; a directory that goes meanwhile counts nothing.
uint64_t bytesOf(const runtime::ContainerStore& store, const runtime::Container& container) {
  auto use = diskUse(store.directory(container.id).path());
  if (use) return use->bytes;
  llvm::consumeError(use.takeError());
  return 0;
}

llvm::Expected<int> prune(const ContainerPruneOptions& options, Session& session) {
  if (auto filters = readPruneFilters(options.filters); !filters) return filters.takeError();
  if (!options.force) {
    auto agreed = confirmRemoval("WARNING! This will remove all stopped containers.");
    if (!agreed) return agreed.takeError();
    if (!*agreed) return 0;
  }
  auto pruned = pruneContainers(session, {.filters = options.filters});
  if (!pruned) return pruned.takeError();
  printPruned("Deleted Containers:", *pruned, session.out());
  session.out() << "Total reclaimed space: " << humanSize(pruned->bytes) << "\n";
  return 0;
}

}  // namespace

llvm::Expected<PrunedThings> pruneContainers(Session& session, const PruneWish& wish) {
  auto filters = readPruneFilters(wish.filters);
  if (!filters) return filters.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto all = runtime::listContainers(**containers);
  if (!all) return all.takeError();
  PrunedThings pruned;
  for (const runtime::Container& container : *all) {
    if (!isStopped(container) || !filters->admit(container.created, container.config.labels)) continue;
    uint64_t bytes = bytesOf(**containers, container);
    if (!wish.dryRun)
      if (llvm::Error error = runtime::removeContainer(**containers, container, /*force=*/false)) return error;
    pruned.names.push_back(container.id);
    pruned.bytes += bytes;
  }
  if (wish.dryRun) return pruned;
  if (llvm::Error error = (*containers)->sweep()) return error;
  tellPruned(session, "container", pruned.bytes);
  return pruned;
}

Command containerPruneCommand() {
  return {.name = "prune",
          .usage = "[OPTIONS]",
          .description = "Remove all stopped containers",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ContainerPruneOptions>();
            declared.list("--filter", options->filters, "until=24h, label=KEY[=VALUE], label!=...", "filter");
            declared.flag("-f,--force", options->force, "Do not ask");
            return [options](Session& session, const Arguments&) { return prune(*options, session); };
          }};
}

}  // namespace strata::cli

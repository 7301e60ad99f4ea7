#include "cli/commands.h"
#include "cli/console.h"
#include "cli/networks/network_filters.h"
#include "cli/options.h"
#include "cli/pruned.h"
#include "cli/session.h"
#include "runtime/networks/networks.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct PruneNetworkOptions {
  std::vector<std::string> filters;
  bool force = false;
};

llvm::Expected<int> prune(const PruneNetworkOptions& options, Session& session) {
  if (auto filters = NetworkFilters::read(options.filters); !filters) return filters.takeError();
  if (!options.force) {
    auto agreed = confirmRemoval("WARNING! This will remove all custom networks not used by at least one container.");
    if (!agreed) return agreed.takeError();
    if (!*agreed) return 0;
  }
  auto pruned = pruneNetworks(session, {.filters = options.filters});
  if (!pruned) return pruned.takeError();
  printPruned("Deleted Networks:", *pruned, session.out());
  return 0;
}

}  // namespace

llvm::Expected<PrunedThings> pruneNetworks(Session& session, const PruneWish& wish) {
  auto filters = NetworkFilters::read(wish.filters);
  if (!filters) return filters.takeError();
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  auto all = (*networks)->store().list();
  if (!all) return all.takeError();
  PrunedThings pruned;
  for (const runtime::Network& network : *all) {
    if (runtime::isPredefined(network.name) || !filters->admit(network)) continue;
    auto users = (*networks)->store().endpointsOf(network);
    if (!users) return users.takeError();
    if (!users->empty()) continue;
    if (!wish.dryRun) {
      auto error = (*networks)->remove(network);
      if (takeIf(error, FaultKind::Denied)) continue;  // somebody is on it by now
      if (error) return error;
    }
    pruned.names.push_back(network.name);
  }
  if (!wish.dryRun) tellPruned(session, "network", 0);
  return pruned;
}

Command networkPruneCommand() {
  return {.name = "prune",
          .usage = "[OPTIONS]",
          .description = "Remove all networks that no running container is on",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<PruneNetworkOptions>();
            declared.list("--filter", options->filters, "Remove what fits: until=, label=, label!=", "filter");
            declared.flag("-f,--force", options->force, "Do not ask");
            return [options](Session& session, const Arguments&) { return prune(*options, session); };
          }};
}

}  // namespace strata::cli

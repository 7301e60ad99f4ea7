#include "cli/commands.h"
#include "cli/console.h"
#include "cli/networks/network_filters.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/networks/networks.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct PruneNetworkOptions {
  std::vector<std::string> filters;
  bool force = false;
};

llvm::Expected<int> pruneNetworks(const PruneNetworkOptions& options, Session& session) {
  auto filters = NetworkFilters::read(options.filters);
  if (!filters) return filters.takeError();
  if (!options.force) {
    auto agreed = confirmRemoval("WARNING! This will remove all custom networks not used by at least one container.");
    if (!agreed) return agreed.takeError();
    if (!*agreed) return 0;
  }
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  auto all = (*networks)->store().list();
  if (!all) return all.takeError();
  std::vector<std::string> removed;
  for (const runtime::Network& network : *all) {
    if (runtime::isPredefined(network.name) || !filters->admit(network)) continue;
    auto error = (*networks)->remove(network);
    if (takeIf(error, FaultKind::Denied)) continue;  // somebody is on it
    if (error) return error;
    removed.push_back(network.name);
  }
  if (!removed.empty()) session.out() << "Deleted Networks:\n";
  for (const std::string& name : removed) session.out() << name << "\n";
  if (!removed.empty()) session.out() << "\n";
  return 0;
}

}  // namespace

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
            return [options](Session& session, const Arguments&) { return pruneNetworks(*options, session); };
          }};
}

}  // namespace strata::cli

#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/networks/network_filters.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/networks/networks.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

struct ListNetworksOptions {
  std::vector<std::string> filters;
  std::string format;
  bool quiet = false, noTrunc = false;
};

constexpr size_t kShortId = 12;

/// Fields as docker's documentation of `network ls --format` lists them.
llvm::json::Object rowOf(const runtime::Network& network, bool whole) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : network.labels) labels.push_back(key + "=" + value);
  return llvm::json::Object{{"ID", whole ? network.id : network.id.substr(0, kShortId)},
                            {"Name", network.name},
                            {"Driver", network.driver},
                            {"Scope", "local"},
                            {"IPv6", "false"},
                            {"Internal", network.internal ? "true" : "false"},
                            {"Labels", printable(llvm::join(labels, ","))},
                            {"CreatedAt", rfc3339(network.created)}};
}

llvm::Expected<int> listNetworks(const ListNetworksOptions& options, Session& session) {
  auto filters = NetworkFilters::read(options.filters);
  if (!filters) return filters.takeError();
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  auto all = (*networks)->store().list();
  if (!all) return all.takeError();
  Listing listing;
  listing.fields = {{"ID", "NETWORK ID"}, {"Name", "NAME"},         {"Driver", "DRIVER"}, {"Scope", "SCOPE"},
                    {"IPv6", "IPV6"},     {"Internal", "INTERNAL"}, {"Labels", "LABELS"}, {"CreatedAt", "CREATED AT"}};
  listing.columns = {"ID", "Name", "Driver", "Scope"};
  for (const runtime::Network& network : *all)
    if (filters->admit(network)) listing.rows.push_back(rowOf(network, options.noTrunc));
  if (!options.quiet || !options.format.empty()) {
    if (auto error = printListing(listing, options.format, session.out())) return error;
    return 0;
  }
  for (const llvm::json::Object& row : listing.rows) session.out() << *row.getString("ID") << "\n";
  return 0;
}

Action declareList(Options& declared) {
  auto options = std::make_shared<ListNetworksOptions>();
  declared.list("-f,--filter", options->filters,
                "Show what fits: name=, id=, driver=, label=, type=, scope=", "filter");
  declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
  declared.flag("--no-trunc", options->noTrunc, "Show ids in full length");
  declared.flag("-q,--quiet", options->quiet, "Show ids alone");
  return [options](Session& session, const Arguments&) { return listNetworks(*options, session); };
}

}  // namespace

Command networkListCommand() {
  return {.name = "ls",
          .usage = "[OPTIONS]",
          .description = "List networks",
          .minimum = 0,
          .maximum = 0,
          .declare = declareList};
}

}  // namespace strata::cli

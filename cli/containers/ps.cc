#include "cli/commands.h"
#include "cli/containers/container_filters.h"
#include "cli/containers/container_texts.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/truth.h"
#include "runtime/networks/network_settings.h"
#include "runtime/networks/networks.h"
#include "runtime/networks/user_network.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

using runtime::Container;

struct ListOptions {
  bool all = false, quiet = false, latest = false, size = false, noTrunc = false;
  std::string last, format;
  std::vector<std::string> filters;
};

bool isUp(const Container& container) {
  return container.state.isLive() || container.state.status == runtime::ContainerStatus::Restarting;
}

/// Those to show, newest first.
llvm::Expected<std::vector<Container>> chosen(const ListOptions& options, runtime::ContainerStore& store) {
  int64_t most = options.latest ? 1 : -1;
  if (!options.last.empty() && llvm::StringRef(options.last).getAsInteger(10, most))
    return fault(FaultKind::Invalid, "invalid argument \"" + options.last + "\" for \"-n, --last\" flag: a number");
  auto filters = ContainerFilters::read(options.filters, store);
  if (!filters) return filters.takeError();
  auto all = runtime::listContainers(store);
  if (!all) return all;
  bool stoppedToo = options.all || most >= 0 || filters->asksForStatus();
  std::vector<Container> shown;
  for (Container& container : *all) {
    if (most >= 0 && int64_t(shown.size()) >= most) break;
    if ((stoppedToo || isUp(container)) && filters->admit(container)) shown.push_back(std::move(container));
  }
  return shown;
}

std::string mountsText(const Container& container, bool whole) {
  constexpr size_t kShort = 15;
  std::vector<std::string> names;
  for (const runtime::ContainerMount& mount : container.mounts) {
    std::string name = mount.name.empty() ? mount.source : mount.name;
    if (!name.empty()) names.push_back(whole ? name : shortened(name, kShort));
  }
  return llvm::join(names, ",");
}

std::string labelsText(const Container& container) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : container.config.labels) labels.push_back(key + "=" + value);
  return llvm::join(labels, ",");
}

/// What it has written, and with its image.
std::string sizeText(const Container& container, layerfs::Store& store, const runtime::ContainerStore& containers) {
  uint64_t written = writtenBytes(container, containers), image = 0;
  if (auto loaded = store.images().load(container.imageId))
    image = loaded->size;
  else
    llvm::consumeError(loaded.takeError());
  return humanSize(written) + " (virtual " + humanSize(written + image) + ")";
}

std::string portsOf(const Container& container, llvm::ArrayRef<runtime::Endpoint> endpoints) {
  if (!isUp(container)) return "";
  std::vector<runtime::PublishedPort> ports;
  for (const runtime::Endpoint& endpoint : endpoints)
    if (endpoint.containerId == container.id) llvm::append_range(ports, endpoint.ports);
  if (container.hostConfig.networkMode == runtime::kUserNetwork) ports = runtime::portsIn(container.network);
  const auto& exposed = container.config.exposedPorts;
  return runtime::portsText(ports, std::vector<std::string>(exposed.begin(), exposed.end()));
}

std::string networksText(const Container& container) {
  std::vector<std::string> names;
  for (const runtime::NetworkWish& wish : container.networks) names.push_back(wish.network);
  return names.empty() ? container.hostConfig.networkMode : llvm::join(names, ",");
}

/// Fields as docker's documentation of `ps --format` lists them.
llvm::json::Object rowOf(const Container& container, const ListOptions& options, int64_t now,
                         llvm::ArrayRef<runtime::Endpoint> endpoints) {
  Length length = options.noTrunc ? Length::Whole : Length::Short;
  int64_t volumes = llvm::count_if(container.mounts, [](const auto& mount) { return mount.type == "volume"; });
  return llvm::json::Object{{"ID", options.noTrunc ? container.id : container.shortId()},
                            {"Image", printable(container.config.image)},
                            {"Command", commandText(container, length)},
                            {"CreatedAt", rfc3339(container.created / kSecond * kSecond)},
                            {"RunningFor", durationText(now - container.created) + " ago"},
                            {"Ports", portsOf(container, endpoints)},
                            {"State", runtime::nameOf(container.state.status)},
                            {"Status", statusText(container, now)},
                            {"Size", ""},
                            {"Names", container.name},
                            {"Labels", labelsText(container)},
                            {"Mounts", mountsText(container, options.noTrunc)},
                            {"LocalVolumes", std::to_string(volumes)},
                            {"Networks", networksText(container)}};
}

Listing emptyListing(const ListOptions& options) {
  Listing listing;
  listing.fields = {{"ID", "CONTAINER ID"},
                    {"Image", "IMAGE"},
                    {"Command", "COMMAND"},
                    {"CreatedAt", "CREATED AT"},
                    {"RunningFor", "CREATED"},
                    {"Ports", "PORTS"},
                    {"State", "STATE"},
                    {"Status", "STATUS"},
                    {"Size", "SIZE"},
                    {"Names", "NAMES"},
                    {"Labels", "LABELS"},
                    {"Mounts", "MOUNTS"},
                    {"LocalVolumes", "LOCAL VOLUMES"},
                    {"Networks", "NETWORKS"}};
  listing.columns = {"ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"};
  if (options.size) listing.columns.push_back("Size");
  return listing;
}

llvm::Expected<int> list(const ListOptions& options, Session& session) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto shown = chosen(options, **containers);
  if (!shown) return shown.takeError();
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  auto endpoints = (*networks)->store().endpoints();
  if (!endpoints) return endpoints.takeError();
  Listing listing = emptyListing(options);
  int64_t now = nowNanoseconds();
  bool wantsSize = options.size || llvm::StringRef(options.format).contains(".Size");
  for (const Container& container : *shown) {
    listing.rows.push_back(rowOf(container, options, now, *endpoints));
    if (wantsSize) listing.rows.back()["Size"] = sizeText(container, **session.store(), **containers);
  }
  if (!options.quiet || !options.format.empty()) {
    if (llvm::Error error = printListing(listing, options.format, session.out())) return error;
    return 0;
  }
  for (const llvm::json::Object& row : listing.rows) session.out() << *row.getString("ID") << "\n";
  return 0;
}

}  // namespace

Command containerListCommand() {
  return {.name = "ls",
          .usage = "[OPTIONS]",
          .description = "List containers",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ListOptions>();
            declared.flag("-a,--all", options->all, "Show those that do not run, too");
            declared.list("-f,--filter", options->filters, "Show what fits: name=, status=, label=, ancestor=, ...",
                          "filter");
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.text("-n,--last", options->last, "Show this many of the last made", "int");
            declared.flag("-l,--latest", options->latest, "Show the last made");
            declared.flag("--no-trunc", options->noTrunc, "Show everything in full length");
            declared.flag("-q,--quiet", options->quiet, "Show ids alone");
            declared.flag("-s,--size", options->size, "Show what they have written");
            return [options](Session& session, const Arguments&) { return list(*options, session); };
          }};
}

}  // namespace strata::cli

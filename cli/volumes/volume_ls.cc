#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/volumes/volume_filters.h"
#include "runtime/containers/container_store.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

struct VolumeListOptions {
  bool quiet = false;
  std::string format;
  std::vector<std::string> filters;
};

std::string labelsText(const runtime::Volume& volume) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : volume.labels) parts.push_back(key + "=" + value);
  return llvm::join(parts, ",");
}

/// Fields as docker's documentation of `volume ls --format` lists them.
llvm::json::Object rowOf(const runtime::Volume& volume) {
  return llvm::json::Object{{"Name", volume.name},
                            {"Driver", runtime::kLocalDriver},
                            {"Scope", "local"},
                            {"Mountpoint", volume.mountpoint},
                            {"Labels", llvm::json::fixUTF8(labelsText(volume))},
                            {"Links", "N/A"},
                            {"Size", "N/A"},
                            {"Availability", "N/A"},
                            {"Group", "N/A"},
                            {"Status", "N/A"}};
}

Listing emptyVolumeListing() {
  Listing listing;
  listing.fields = {{"Driver", "DRIVER"}, {"Name", "VOLUME NAME"}, {"Scope", "SCOPE"}, {"Mountpoint", "MOUNTPOINT"},
                    {"Labels", "LABELS"}, {"Links", "LINKS"},      {"Size", "SIZE"},   {"Availability", "AVAILABILITY"},
                    {"Group", "GROUP"},   {"Status", "STATUS"}};
  listing.columns = {"Driver", "Name"};
  return listing;
}

llvm::Expected<int> list(const VolumeListOptions& options, Session& session) {
  auto filters = VolumeFilters::read(options.filters);
  if (!filters) return filters.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto volumes = (*containers)->volumes();
  if (!volumes) return volumes.takeError();
  auto all = (*volumes)->list();
  if (!all) return all.takeError();
  Listing listing = emptyVolumeListing();
  for (const runtime::Volume& volume : *all) {
    auto admitted = filters->admit(volume, **volumes);
    if (!admitted) return admitted.takeError();
    if (*admitted) listing.rows.push_back(rowOf(volume));
  }
  std::string format = options.quiet && options.format.empty() ? "{{.Name}}" : options.format;
  if (llvm::Error error = printListing(listing, format, session.out())) return error;
  return 0;
}

}  // namespace

Command volumeListCommand() {
  return {.name = "ls",
          .usage = "[OPTIONS]",
          .description = "List volumes",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<VolumeListOptions>();
            declared.list("-f,--filter", options->filters,
                          "Show what fits: dangling=true, driver=, label=, name=", "filter");
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.flag("-q,--quiet", options->quiet, "Show names alone");
            return [options](Session& session, const Arguments&) { return list(*options, session); };
          }};
}

}  // namespace strata::cli

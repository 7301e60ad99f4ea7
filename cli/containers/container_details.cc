#include "cli/containers/container_texts.h"
#include "cli/disk_details.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

Listing containerDetails(llvm::ArrayRef<runtime::Container> all, const runtime::ContainerStore& containers,
                         int64_t now) {
  Listing listing;
  listing.fields = {
      {"ID", "CONTAINER ID"}, {"Image", "IMAGE"},        {"Command", "COMMAND"}, {"LocalVolumes", "LOCAL VOLUMES"},
      {"Size", "SIZE"},       {"RunningFor", "CREATED"}, {"Status", "STATUS"},   {"Names", "NAMES"}};
  for (const auto& [name, header] : listing.fields) listing.columns.push_back(name);
  for (const runtime::Container& container : all) {
    auto volumes = llvm::count_if(container.mounts, [](const auto& mount) { return mount.type == "volume"; });
    listing.rows.push_back(llvm::json::Object{{"ID", container.shortId()},
                                              {"Image", printable(container.config.image)},
                                              {"Command", commandText(container, Length::Short)},
                                              {"LocalVolumes", std::to_string(volumes)},
                                              {"Size", humanSize(writtenBytes(container, containers))},
                                              {"RunningFor", durationText(now - container.created) + " ago"},
                                              {"Status", statusText(container, now)},
                                              {"Names", container.name}});
  }
  return listing;
}

}  // namespace strata::cli

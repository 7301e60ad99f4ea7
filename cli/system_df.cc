#include "builder/upkeep/inventory.h"
#include "cli/commands.h"
#include "cli/disk_details.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_store.h"
#include "runtime/containers/truth.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <set>

namespace strata::cli {

namespace {

struct DfOptions {
  std::string format;
  bool verbose = false;
};

struct Use {
  uint64_t total = 0, active = 0, bytes = 0, reclaimable = 0;
};

struct DiskUsage {
  Use images, containers, volumes, cache;
  Use rest;  ///< the database, directories, locks, what commands at work have staged
};

llvm::Expected<Use> measureVolumes(runtime::ContainerStore& containers) {
  auto volumes = containers.volumes();
  if (!volumes) return volumes.takeError();
  auto all = (*volumes)->list();
  if (!all) return all.takeError();
  Use use;
  for (const runtime::Volume& volume : *all) {
    auto bytes = diskUse(volume.mountpoint);
    auto users = (*volumes)->usersOf(volume.name);
    if (!bytes) return bytes.takeError();
    if (!users) return users.takeError();
    ++use.total;
    use.active += !users->empty();
    use.bytes += bytes->bytes;
    if (users->empty()) use.reclaimable += bytes->bytes;
  }
  return use;
}

/// Of an index one of its images is enough.
bool isUsed(const layerfs::ImageSummary& image, const std::set<Digest>& used) {
  auto has = [&](const Digest& id) { return used.count(id) != 0; };
  return has(image.id) || llvm::any_of(image.members, has);
}

llvm::Expected<Use> measureContainers(runtime::ContainerStore& containers) {
  auto all = runtime::listContainers(containers);
  if (!all) return all.takeError();
  Use use;
  for (const runtime::Container& container : *all) {
    auto bytes = diskUse(containers.directory(container.id).path());
    if (!bytes) return bytes.takeError();
    ++use.total;
    use.active += container.state.isLive();
    use.bytes += bytes->bytes;
    if (!container.state.isLive()) use.reclaimable += bytes->bytes;
  }
  return use;
}

/// A layer that images share counts once; one that an image has counts for images, not for the cache.
llvm::Expected<DiskUsage> measure(layerfs::Store& store, runtime::ContainerStore& containers) {
  auto images = store.images().list();
  if (!images) return images.takeError();
  auto layers = store.layers().list();
  if (!layers) return layers.takeError();
  auto cache = builder::takeInventory(store);
  if (!cache) return cache.takeError();
  auto volumes = measureVolumes(containers);
  if (!volumes) return volumes.takeError();
  auto ofContainers = measureContainers(containers);
  if (!ofContainers) return ofContainers.takeError();
  auto used = containers.imagesInUse();
  if (!used) return used.takeError();
  auto whole = diskUse(store.root());
  if (!whole) return whole.takeError();
  std::set<layerfs::LayerId> ofImages, ofUsed;
  for (const layerfs::ImageSummary& image : *images) {
    ofImages.insert(image.layers.begin(), image.layers.end());
    if (isUsed(image, *used)) ofUsed.insert(image.layers.begin(), image.layers.end());
  }

  DiskUsage usage;
  usage.images.total = images->size();
  usage.images.active =
      uint64_t(llvm::count_if(*images, [&](const layerfs::ImageSummary& image) { return isUsed(image, *used); }));
  for (const builder::Holding& holding : *cache) {
    bool isLayer = holding.kind == builder::Holding::Kind::Layer;
    usage.cache.total += isLayer ? holding.keys.size() : 1;
    usage.cache.active += holding.inUse || holding.ofImage;
    if (!isLayer) usage.cache.bytes += holding.bytes;
  }
  for (const layerfs::LayerStore::Usage& layer : *layers) {
    (ofImages.count(layer.id) != 0 ? usage.images : usage.cache).bytes += layer.bytes;
    if (ofImages.count(layer.id) != 0 && ofUsed.count(layer.id) == 0) usage.images.reclaimable += layer.bytes;
  }
  usage.containers = *ofContainers;
  usage.volumes = *volumes;
  uint64_t known = usage.images.bytes + usage.containers.bytes + usage.volumes.bytes + usage.cache.bytes;
  usage.rest.bytes = whole->bytes - std::min(whole->bytes, known);
  usage.cache.reclaimable = usage.cache.bytes;
  return usage;
}

std::string reclaimableText(const Use& use) {
  std::string text = humanSize(use.reclaimable);
  if (use.bytes == 0) return text;
  return text + " (" + std::to_string(use.reclaimable * 100 / use.bytes) + "%)";
}

llvm::json::Object rowOf(llvm::StringRef type, const Use& use) {
  return llvm::json::Object{{"Type", type},
                            {"TotalCount", std::to_string(use.total)},
                            {"Active", std::to_string(use.active)},
                            {"Size", humanSize(use.bytes)},
                            {"Reclaimable", reclaimableText(use)}};
}

llvm::Expected<int> systemDf(const DfOptions& options, Session& session) {
  if (options.verbose) {
    if (llvm::Error error = printDiskDetails(options.format, session)) return error;
    return 0;
  }
  auto store = session.store();
  if (!store) return store.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto usage = measure(**store, **containers);
  if (!usage) return usage.takeError();
  Listing listing;
  listing.fields = {{"Type", "TYPE"},
                    {"TotalCount", "TOTAL"},
                    {"Active", "ACTIVE"},
                    {"Size", "SIZE"},
                    {"Reclaimable", "RECLAIMABLE"}};
  listing.columns = {"Type", "TotalCount", "Active", "Size", "Reclaimable"};
  listing.rows.push_back(rowOf("Images", usage->images));
  listing.rows.push_back(rowOf("Containers", usage->containers));
  listing.rows.push_back(rowOf("Local Volumes", usage->volumes));
  listing.rows.push_back(rowOf("Build Cache", usage->cache));
  listing.rows.push_back(rowOf("Metadata", usage->rest));
  if (llvm::Error error = printListing(listing, options.format, session.out())) return error;
  return 0;
}

}  // namespace

Command systemDfCommand() {
  return {.name = "df",
          .usage = "[OPTIONS]",
          .description = "Show what takes space",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<DfOptions>();
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.flag("-v,--verbose", options->verbose, "Show what each image, container and volume takes");
            return [options](Session& session, const Arguments&) { return systemDf(*options, session); };
          }};
}

}  // namespace strata::cli

#include "cli/disk_details.h"

#include "builder/upkeep/inventory.h"
#include "cli/image_lookup.h"
#include "cli/listing.h"
#include "cli/template.h"
#include "runtime/containers/container_store.h"
#include "runtime/containers/truth.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <map>

namespace strata::cli {

namespace {
using llvm::json::Object;

std::string ageOf(int64_t time, int64_t now) { return time == 0 ? "N/A" : humanAge(time / kSecond, now / kSecond); }

// --- Images ---

Listing imageListing() {
  Listing listing;
  listing.fields = {{"Repository", "REPOSITORY"},
                    {"Tag", "TAG"},
                    {"ID", "IMAGE ID"},
                    {"CreatedSince", "CREATED"},
                    {"Size", "SIZE"},
                    {"SharedSize", "SHARED SIZE"},
                    {"UniqueSize", "UNIQUE SIZE"},
                    {"Containers", "CONTAINERS"}};
  for (const auto& [name, header] : listing.fields) listing.columns.push_back(name);
  return listing;
}

/// Bytes of the image's layers that other images have, too.
uint64_t sharedBytes(const layerfs::ImageSummary& image, const std::map<layerfs::LayerId, unsigned>& owners,
                     const std::map<layerfs::LayerId, uint64_t>& sizes) {
  uint64_t bytes = 0;
  for (layerfs::LayerId layer : image.layers) {
    auto size = sizes.find(layer);
    if (size != sizes.end() && owners.at(layer) > 1) bytes += size->second;
  }
  return std::min(bytes, image.size);
}

bool isOf(const runtime::Container& container, const layerfs::ImageSummary& image) {
  return container.imageId == image.id || llvm::is_contained(image.members, container.imageId);
}

llvm::Expected<Listing> listImages(layerfs::Store& store, llvm::ArrayRef<runtime::Container> containers, int64_t now) {
  auto images = store.images().list();
  if (!images) return images.takeError();
  auto sizes = store.layers().tarSizes();
  if (!sizes) return sizes.takeError();
  std::map<layerfs::LayerId, unsigned> owners;
  for (const layerfs::ImageSummary& image : *images)
    for (layerfs::LayerId layer : image.layers) ++owners[layer];
  Listing listing = imageListing();
  for (const layerfs::ImageSummary& image : *images) {
    uint64_t shared = sharedBytes(image, owners, *sizes);
    auto users = llvm::count_if(containers, [&](const auto& container) { return isOf(container, image); });
    for (const NameParts& name : shownNames(image))
      listing.rows.push_back(Object{{"Repository", name.repository},
                                    {"Tag", name.tag},
                                    {"ID", image.id.shortHex()},
                                    {"CreatedSince", ageOf(image.created, now)},
                                    {"Size", humanSize(image.size)},
                                    {"SharedSize", humanSize(shared)},
                                    {"UniqueSize", humanSize(image.size - shared)},
                                    {"Containers", std::to_string(users)}});
  }
  return listing;
}

// --- Volumes ---

llvm::Expected<Listing> listVolumes(runtime::ContainerStore& containers) {
  auto volumes = containers.volumes();
  if (!volumes) return volumes.takeError();
  auto all = (*volumes)->list();
  if (!all) return all.takeError();
  Listing listing;
  listing.fields = {{"Name", "VOLUME NAME"}, {"Links", "LINKS"}, {"Size", "SIZE"}};
  listing.columns = {"Name", "Links", "Size"};
  for (const runtime::Volume& volume : *all) {
    auto use = diskUse(volume.mountpoint);
    auto users = (*volumes)->usersOf(volume.name);
    if (!use) return llvm::joinErrors(use.takeError(), users.takeError());
    if (!users) return users.takeError();
    listing.rows.push_back(
        Object{{"Name", volume.name}, {"Links", std::to_string(users->size())}, {"Size", humanSize(use->bytes)}});
  }
  return listing;
}

// --- Build cache ---

struct CacheDetails {
  Listing listing;
  uint64_t bytes = 0;  ///< without what images have, too
};

/// Of a layer the key of a step that it is of.
std::string cacheId(const builder::Holding& holding) {
  constexpr size_t kShown = 12;
  if (holding.kind == builder::Holding::Kind::Layer && !holding.keys.empty()) return holding.keys.front().shortHex();
  llvm::StringRef path = holding.path;
  return (path.empty() ? llvm::StringRef(holding.name) : path.rsplit('/').second).take_front(kShown).str();
}

llvm::Expected<CacheDetails> listCache(layerfs::Store& store, int64_t now) {
  auto holdings = builder::takeInventory(store);
  if (!holdings) return holdings.takeError();
  auto layers = store.layers().list();
  if (!layers) return layers.takeError();
  std::map<layerfs::LayerId, int64_t> made;
  for (const layerfs::LayerStore::Usage& layer : *layers) made[layer.id] = layer.created;
  CacheDetails details;
  details.listing.fields = {{"ID", "CACHE ID"},          {"CacheType", "CACHE TYPE"},    {"Size", "SIZE"},
                            {"CreatedSince", "CREATED"}, {"LastUsedSince", "LAST USED"}, {"UsageCount", "USAGE"},
                            {"Shared", "SHARED"},        {"Description", "DESCRIPTION"}};
  details.listing.columns = {"ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "Shared"};
  for (const builder::Holding& holding : *holdings) {
    bool isLayer = holding.kind == builder::Holding::Kind::Layer;
    if (!holding.ofImage) details.bytes += holding.bytes;
    auto created = isLayer ? made.find(holding.layer) : made.end();
    details.listing.rows.push_back(Object{{"ID", cacheId(holding)},
                                          {"CacheType", builder::nameOf(holding.kind)},
                                          {"Size", humanSize(holding.bytes)},
                                          {"CreatedSince", ageOf(created == made.end() ? 0 : created->second, now)},
                                          {"LastUsedSince", ageOf(holding.lastUse, now)},
                                          {"UsageCount", std::to_string(isLayer ? holding.keys.size() : 1)},
                                          {"Shared", holding.ofImage ? "true" : "false"},
                                          {"Description", printable(holding.name)}});
  }
  return details;
}

llvm::json::Array arrayOf(Listing& listing) {
  llvm::json::Array array;
  for (Object& row : listing.rows) array.push_back(std::move(row));
  return array;
}

llvm::Error printTable(const std::string& title, const Listing& listing, llvm::raw_ostream& out) {
  out << title << "\n\n";
  return printListing(listing, "table", out);
}
}  // namespace

llvm::Error printDiskDetails(llvm::StringRef format, Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto all = runtime::listContainers(**containers);
  if (!all) return all.takeError();
  int64_t now = nowNanoseconds();
  auto images = listImages(**store, *all, now);
  if (!images) return images.takeError();
  Listing ofContainers = containerDetails(*all, **containers, now);
  auto volumes = listVolumes(**containers);
  if (!volumes) return volumes.takeError();
  auto cache = listCache(**store, now);
  if (!cache) return cache.takeError();
  llvm::raw_ostream& out = session.out();
  if (!format.empty() && format != "table")
    return printFormatted(format,
                          Object{{"Images", arrayOf(*images)},
                                 {"Containers", arrayOf(ofContainers)},
                                 {"Volumes", arrayOf(*volumes)},
                                 {"BuildCache", arrayOf(cache->listing)}},
                          out);
  if (auto error = printTable("Images space usage:", *images, out)) return error;
  if (auto error = printTable("\nContainers space usage:", ofContainers, out)) return error;
  if (auto error = printTable("\nLocal Volumes space usage:", *volumes, out)) return error;
  return printTable("\nBuild cache usage: " + humanSize(cache->bytes), cache->listing, out);
}

}  // namespace strata::cli

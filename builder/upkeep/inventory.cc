#include "builder/upkeep/inventory.h"

#include "builder/cache/record_store.h"
#include "builder/solve/cache_mounts.h"
#include "support/directory_entries.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <sys/stat.h>
#include <algorithm>
#include <map>

namespace strata::builder {

namespace {
constexpr double kMebibyte = 1 << 20;
/// What comes over a network, is checked out of a mirror, or is read and hashed again: MiB a second.
constexpr double kNetwork = 20, kDisk = 200;
/// A stat index has 80 bytes for each file that would be read again, which takes some 50 microseconds.
constexpr double kIndexSeconds = 50e-6 / 80;

constexpr llvm::StringRef kHoldingKinds[] = {"layer",  "cache-mount", "download",    "checkout",
                                             "mirror", "stat-index",  "remote-cache"};

class Inventory {
public:
  explicit Inventory(layerfs::Store& store) : store_(store) {}
  std::vector<Holding> holdings;

  llvm::Error layers() {
    auto records = RecordStore::open(store_.database());
    if (!records) return records.takeError();
    auto uses = (*records)->list();
    if (!uses) return uses.takeError();
    auto rows = store_.layers().list();
    if (!rows) return rows.takeError();
    auto inUse = store_.images().inUse();
    if (!inUse) return inUse.takeError();
    std::map<layerfs::LayerId, Holding> byLayer;
    for (const RecordStore::Use& use : *uses) {
      Holding& holding = byLayer[use.record.layer];
      holding.seconds = std::max(holding.seconds, double(use.record.duration) / 1e9);
      holding.lastUse = std::max(holding.lastUse, use.used);
      holding.keys.push_back(use.record.key);
    }
    for (const layerfs::LayerStore::Usage& row : *rows) {
      auto known = byLayer.find(row.id);
      if (known == byLayer.end()) continue;
      known->second.bytes = row.bytes;
    }
    for (auto& [id, holding] : byLayer) {
      holding.layer = id;
      holding.name = "layer " + std::to_string(id.value);
      holding.ofImage = inUse->layers.count(id) != 0;
      holdings.push_back(std::move(holding));
    }
    return llvm::Error::success();
  }

  llvm::Error cacheMounts() {
    auto slots = CacheMounts(store_.root(), store_.staging()).list();
    if (!slots) return slots.takeError();
    for (CacheMounts::Slot& slot : *slots)
      holdings.push_back({.kind = Holding::Kind::CacheMount,
                          .name = "cache mount " + printable(slot.id),
                          .path = slot.path.substr(store_.root().size() + 1),
                          .bytes = slot.bytes,
                          .seconds = double(slot.bytes) / kMebibyte / kNetwork,
                          .lastUse = slot.lastUse,
                          .inUse = slot.inUse});
    return llvm::Error::success();
  }

  /// Directories that hold one thing each. A directory's time of reading is the nearest thing to one of use.
  llvm::Error things(Holding::Kind kind, const std::string& below, double secondsOfByte) {
    auto names = entriesOf(joinPath(store_.root(), below));
    if (!names) return names.takeError();
    for (llvm::StringRef name : *names) {
      if (name.ends_with(".lock")) continue;
      std::string path = below + "/" + name.str(), whole = joinPath(store_.root(), path);
      struct stat status;
      if (::lstat(whole.c_str(), &status) != 0) continue;
      auto use = diskUse(whole);
      if (!use) return use.takeError();
      holdings.push_back({.kind = kind,
                          .name = path.substr(0, path.size() - name.size()) + name.take_front(12).str(),
                          .path = path,
                          .bytes = use->bytes,
                          .seconds = double(use->bytes) * secondsOfByte,
                          .lastUse = int64_t(std::max(status.st_mtim.tv_sec, status.st_atim.tv_sec)) * 1'000'000'000});
    }
    return llvm::Error::success();
  }

private:
  layerfs::Store& store_;
};
}  // namespace

llvm::StringRef nameOf(Holding::Kind kind) { return kHoldingKinds[size_t(kind)]; }

double Holding::value(int64_t now) const {
  constexpr double kDay = 24.0 * 3600 * 1e9;
  double days = std::max(1.0, double(now - lastUse) / kDay);
  return seconds / (std::max<double>(double(bytes), 4096) / kMebibyte) / days;
}

llvm::Expected<std::vector<Holding>> takeInventory(layerfs::Store& store) {
  Inventory inventory(store);
  using Kind = Holding::Kind;
  if (auto error = inventory.layers()) return error;
  if (auto error = inventory.cacheMounts()) return error;
  if (auto error = inventory.things(Kind::Download, "sources/http", 1 / kMebibyte / kNetwork)) return error;
  if (auto error = inventory.things(Kind::Checkout, "sources/trees", 1 / kMebibyte / kDisk)) return error;
  if (auto error = inventory.things(Kind::Mirror, "sources/git", 1 / kMebibyte / kNetwork)) return error;
  if (auto error = inventory.things(Kind::StatIndex, "context", kIndexSeconds)) return error;
  if (auto error = inventory.things(Kind::RemoteCache, "cache/remote", 1 / kMebibyte / kNetwork)) return error;
  int64_t now = nowNanoseconds();
  llvm::stable_sort(inventory.holdings, [&](const Holding& a, const Holding& b) {
    return std::pair(a.value(now), a.lastUse) < std::pair(b.value(now), b.lastUse);
  });
  return std::move(inventory.holdings);
}

}  // namespace strata::builder

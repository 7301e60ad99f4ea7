#include "builder/remote/cache_state.h"

#include "builder/remote/inline_cache.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <future>

namespace strata::builder {

using layerfs::Descriptor;

namespace {
constexpr size_t kMostPack = 16 << 20;
/// Packs beyond these are old: a writer would have made one of them.
constexpr size_t kMostPacks = 64, kPacksAtOnce = 6;

llvm::Expected<CachePack> loadPack(const Descriptor& pack, CacheStorage& storage, const KeptBlobs& kept) {
  std::string bytes = embeddedIn(pack);
  if (bytes.empty()) {
    if (auto known = kept.find(pack.digest)) {
      bytes = std::move(*known);
    } else {
      auto fetched = readBlob(storage, pack, kMostPack);
      if (!fetched) return fetched.takeError();
      bytes = std::move(*fetched);
      kept.put(pack.digest, bytes);
    }
  }
  return decodePack(bytes);
}

/// One that is gone or damaged is as if it had never been; a cache that cannot be reached is a fault.
bool isLost(const llvm::Error& error) {
  FaultKind kind = kindOf(error);
  return kind == FaultKind::NotFound || kind == FaultKind::Corrupt || kind == FaultKind::Invalid ||
         kind == FaultKind::Unsupported;
}
}  // namespace

std::vector<const PackedRecord*> CacheState::usable() const {
  std::vector<const PackedRecord*> records;
  for (const CachePack& pack : packs)
    for (const PackedRecord& record : pack.records)
      if (index.lists(record.blob.digest)) records.push_back(&record);
  return records;
}

std::vector<const PackedBuild*> CacheState::builds() const {
  std::vector<const PackedBuild*> builds;
  for (const CachePack& pack : packs)
    for (const PackedBuild& build : pack.builds) builds.push_back(&build);
  llvm::stable_sort(builds, [](auto* a, auto* b) { return a->build.started > b->build.started; });
  return builds;
}

llvm::Expected<CacheState> loadPacks(CacheIndex index, CacheStorage& storage, const KeptBlobs& kept,
                                     llvm::function_ref<void()> onProgress) {
  CacheState state{.index = std::move(index), .packs = {}};
  llvm::ArrayRef<Descriptor> rest = state.index.packs;
  rest = rest.take_front(kMostPacks);
  while (!rest.empty()) {
    std::vector<std::future<llvm::Expected<CachePack>>> coming;
    for (const Descriptor& pack : rest.take_front(kPacksAtOnce)) {
      bool fetch = embeddedIn(pack).empty();
      coming.push_back(std::async(fetch ? std::launch::async : std::launch::deferred,
                                  [&] { return loadPack(pack, storage, kept); }));
    }
    rest = rest.drop_front(coming.size());
    llvm::Error failure = llvm::Error::success();
    for (auto& one : coming) {
      auto pack = one.get();
      onProgress();
      if (pack) {
        state.packs.push_back(std::move(*pack));
      } else if (auto error = pack.takeError(); isLost(error)) {
        llvm::consumeError(std::move(error));
      } else {
        failure = llvm::joinErrors(std::move(failure), std::move(error));
      }
    }
    if (failure) return failure;
  }
  return state;
}

llvm::Expected<std::optional<CacheState>> loadCache(CacheStorage& storage, const KeptBlobs& kept,
                                                    llvm::function_ref<void()> onProgress) {
  auto root = storage.root();
  if (!root) return root.takeError();
  onProgress();
  if (!*root) return std::nullopt;
  auto index = CacheIndex::parse((*root)->text);
  if (index) {
    auto state = loadPacks(std::move(*index), storage, kept, onProgress);
    if (!state) return state.takeError();
    return std::move(*state);
  }
  auto error = index.takeError();
  auto state = loadInlineCache((*root)->text, storage, onProgress);
  if (!state) return llvm::joinErrors(std::move(error), state.takeError());
  llvm::consumeError(std::move(error));
  return state;
}

}  // namespace strata::builder

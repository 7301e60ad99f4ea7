#include "builder/remote/inline_cache.h"

#include "layerfs/image_config.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

using layerfs::Descriptor;

namespace {
constexpr size_t kMostConfig = 16 << 20, kMostImages = 16;

/// What differs from machine to machine and from day to day.
void forgetCircumstances(Build& build) {
  build.context.clear();
  build.started = build.duration = 0;
  build.warnings.clear();
  build.title.clear();
  build.succeeded = true;
  build.hitCount = 0;
  for (BuildStep& step : build.steps) {
    step.started = step.duration = step.recordedDuration = 0;
    step.outcome = BuildStep::Outcome::Executed;
    step.miss = BuildStep::Miss::None;
    step.unchanged = false;
    step.output = step.earlierOutput = {};
    step.layerBytes = 0;
    step.diffId = {};
  }
}

/// Puts the records of one image's configuration into `state`.
llvm::Error addImage(llvm::StringRef text, CacheStorage& storage, CacheState& state) {
  auto manifest = layerfs::parseManifest(text);
  if (!manifest) return manifest.takeError();
  auto config = readBlob(storage, manifest->config, kMostConfig);
  if (!config) return config.takeError();
  auto document = parseJson(*config, kMostConfig);
  if (!document) return document.takeError();
  const llvm::json::Object* object = document->getAsObject();
  const llvm::json::Object* member = object ? object->getObject(kInlineMember) : nullptr;
  if (!member) return llvm::Error::success();
  auto image = layerfs::parseImageConfig(*config);
  if (!image) return image.takeError();
  auto pack = parsePack(printJson(llvm::json::Object(*member)));
  if (!pack) return pack.takeError();
  for (PackedRecord& record : pack->records) {
    auto layer = llvm::find(image->diffIds, record.diffId);
    size_t place = size_t(layer - image->diffIds.begin());
    record.blob = place < manifest->layers.size() ? manifest->layers[place] : Descriptor();
  }
  pack->mounts.clear();
  CacheIndex blobs;
  blobs.others = manifest->layers;
  state.index.merge(blobs);
  state.packs.push_back(std::move(*pack));
  return llvm::Error::success();
}
}  // namespace

std::string inlineCacheOf(CachePack pack, llvm::ArrayRef<layerfs::DiffId> layers) {
  llvm::erase_if(pack.records, [&](const PackedRecord& one) { return !llvm::is_contained(layers, one.diffId); });
  for (PackedRecord& record : pack.records) {
    record.blob = {};
    record.used = 0;
    llvm::sort(record.aliases);
  }
  llvm::sort(pack.records, [](auto& a, auto& b) { return a.record.key < b.record.key; });
  pack.mounts.clear();
  for (PackedBuild& build : pack.builds) {
    forgetCircumstances(build.build);
    build.build.id = "000000000000";
    build.trees.clear();
  }
  std::string id = digestOf(printPack(pack)).hex().substr(0, 12);
  for (PackedBuild& build : pack.builds) build.build.id = id;
  return printPack(pack);
}

llvm::Expected<std::optional<CacheState>> loadInlineCache(llvm::StringRef root, CacheStorage& storage,
                                                          llvm::function_ref<void()> onProgress) {
  CacheState state;
  std::vector<std::string> images = {root.str()};
  auto index = layerfs::parseIndex(root);
  if (index && !index->manifests.empty()) {
    images.clear();
    for (const Descriptor& manifest : llvm::ArrayRef(index->manifests).take_front(kMostImages)) {
      auto text = storage.manifest(manifest.digest);
      if (!text) return text.takeError();
      images.push_back(std::move(*text));
      onProgress();
    }
  } else if (!index) {
    llvm::consumeError(index.takeError());
  }
  for (const std::string& image : images) {
    if (auto error = addImage(image, storage, state)) return error;
    onProgress();
  }
  if (state.packs.empty()) return std::nullopt;
  return state;
}

}  // namespace strata::builder

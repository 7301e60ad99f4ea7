#include "builder/upkeep/prune.h"

#include "builder/cache/output_store.h"
#include "builder/cache/record_store.h"
#include "builder/journal/step_reads.h"
#include "builder/journal/upkeep.h"
#include "builder/solve/cache_mounts.h"
#include "builder/upkeep/inventory.h"
#include "runtime/containers/container_store.h"
#include "support/duration_text.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <map>
#include <set>

namespace strata::builder {

using layerfs::ImageSummary;
using layerfs::LayerId;
using Cache = PruneRequest::Cache;
using Images = PruneRequest::Images;

namespace {
struct Candidate {
  enum class Kind { Leftovers, Image, History, Cache };
  Kind kind = Kind::Leftovers;
  Pruned what;
  const ImageSummary* image = nullptr;
  const Holding* holding = nullptr;
  size_t keep = 0;  ///< History: builds of each project that stay
  bool taken = false;
};

class Prune {
public:
  Prune(layerfs::Store& store, const PruneRequest& request)
      : store_(store), request_(request), mounts_(store.root(), store.staging()) {}
  PruneOutcome outcome;

  llvm::Error run() {
    if (auto error = measure()) return error;
    outcome.before = outcome.after;
    if (auto error = dropDirectories()) return error;
    if (auto error = open()) return error;
    if (auto error = count()) return error;
    if (auto error = gather()) return error;
    if (auto error = choose()) return error;
    explain();
    return llvm::Error::success();
  }

private:
  llvm::Error measure() {
    auto use = diskUse(store_.root());
    if (!use) return use.takeError();
    outcome.after = use->bytes;
    return llvm::Error::success();
  }

  /// Of layers that are tars now: they go first, since nobody misses them.
  llvm::Error dropDirectories() {
    auto freed = store_.layers().dropDirectories(request_.dryRun);
    if (!freed) return freed.takeError();
    if (*freed == 0) return llvm::Error::success();
    outcome.gone.push_back(
        {.kind = "leftover", .name = "directories", .reason = "their layers are tars now", .bytes = *freed});
    outcome.after -= std::min(outcome.after, *freed);
    return llvm::Error::success();
  }

  llvm::Error open() {
    auto records = RecordStore::open(store_.database());
    if (!records) return records.takeError();
    records_ = std::move(*records);
    auto outputs = OutputStore::open(store_.database());
    if (!outputs) return outputs.takeError();
    outputs_ = std::move(*outputs);
    auto journal = Journal::open(store_.database());
    if (!journal) return journal.takeError();
    journal_ = std::move(*journal);
    return llvm::Error::success();
  }

  /// Who holds on to which layer.
  llvm::Error count() {
    auto rows = store_.layers().list();
    if (!rows) return rows.takeError();
    for (const layerfs::LayerStore::Usage& row : *rows) bytes_[row.id] = row.bytes;
    auto images = store_.images().list();
    if (!images) return images.takeError();
    images_ = std::move(*images);
    for (const ImageSummary& image : images_)
      for (LayerId layer : layersOf(image)) ++byImages_[layer];
    auto containers = runtime::ContainerStore::open(store_.database(), store_.root(), store_.staging());
    if (!containers) return containers.takeError();
    auto used = (*containers)->imagesInUse();
    if (!used) return used.takeError();
    ofContainers_ = std::move(*used);
    auto holdings = takeInventory(store_);
    if (!holdings) return holdings.takeError();
    holdings_ = std::move(*holdings);
    auto outlines = store_.outlines().inUse();
    if (!outlines) return outlines.takeError();
    outlines_ = {outlines->begin(), outlines->end()};
    for (const Holding& holding : holdings_) {
      if (holding.kind == Holding::Kind::Layer) byRecords_.insert(holding.layer);
      if (!holding.ofImage) cacheBytes_ += holding.bytes;
    }
    return llvm::Error::success();
  }

  static std::set<LayerId> layersOf(const ImageSummary& image) { return {image.layers.begin(), image.layers.end()}; }

  /// In the order in which they may go: what nobody names, images without a name, old history, cache by its value, the
  /// rest of history, and images with a name at last, the oldest first.
  llvm::Error gather() {
    addLeftovers();
    if (request_.images != Images::None) addImages(/*named=*/false);
    bool history = request_.maxSize && request_.cache != Cache::None;
    if (history)
      if (auto error = addHistory({100})) return error;
    if (request_.cache != Cache::None) addCache();
    if (history)
      if (auto error = addHistory({10, 1, 0})) return error;
    if (request_.images == Images::Unused) addImages(/*named=*/true);
    return llvm::Error::success();
  }

  void addLeftovers() {
    Candidate all{.what = {.kind = "leftover", .name = "layers", .reason = "no image and no cache record names them"}};
    for (const auto& [layer, bytes] : bytes_)
      if (!byImages_.count(layer) && !byRecords_.count(layer) && !outlines_.count(layer)) all.what.bytes += bytes;
    if (all.what.bytes > 0) candidates_.push_back(std::move(all));
  }

  bool hasContainer(const ImageSummary& image) const {
    auto used = [&](const Digest& id) { return ofContainers_.count(id) > 0; };
    return used(image.id) || llvm::any_of(image.members, used);
  }

  void addImages(bool named) {
    for (const ImageSummary& image : llvm::reverse(images_)) {
      if (named == image.isDangling() || hasContainer(image) || !request_.mayGo(image)) continue;
      candidates_.push_back({.kind = Candidate::Kind::Image,
                             .what = {.kind = "image",
                                      .name = image.id.str(),
                                      .reason = named ? "no container uses it" : "it has no name",
                                      .names = image.names},
                             .image = &image});
    }
  }

  llvm::Error addHistory(std::initializer_list<size_t> keeps) {
    for (size_t keep : keeps)
      candidates_.push_back(
          {.kind = Candidate::Kind::History,
           .what = {.kind = "history",
                    .name = "builds",
                    .reason = keep == 0 ? std::string("only explanations need it")
                                        : llvm::formatv("all but the last {0} of each project", keep)},
           .keep = keep});
    return llvm::Error::success();
  }

  void addCache() {
    for (const Holding& holding : holdings_) {
      bool shared = holding.ofImage && request_.cache == Cache::Unshared;
      bool recent = request_.unusedSince && holding.lastUse >= *request_.unusedSince;
      if (shared || recent || holding.inUse) continue;
      std::string reason =
          llvm::formatv("{0:f1} s to have it again, used {1}", holding.seconds, agoText(holding.lastUse));
      candidates_.push_back(
          {.kind = Candidate::Kind::Cache,
           .what = {.kind = nameOf(holding.kind).str(), .name = holding.name, .reason = std::move(reason)},
           .holding = &holding});
    }
  }

  /// An image that goes for the sake of room takes the records of its layers with it: they alone would keep the bytes.
  bool takesRecords() const { return request_.maxSize && request_.cache == Cache::All; }

  llvm::Expected<uint64_t> freedBy(const Candidate& one) {
    switch (one.kind) {
      case Candidate::Kind::Leftovers:
        return one.what.bytes;
      case Candidate::Kind::History:
        return bytesOfBuildsBeyond(store_.database(), one.keep);
      case Candidate::Kind::Cache:
        if (one.holding->kind != Holding::Kind::Layer) return one.holding->bytes;
        return byImages_[one.holding->layer] > 0 ? 0 : one.holding->bytes;
      case Candidate::Kind::Image:
        break;
    }
    uint64_t freed = 0;
    for (LayerId layer : layersOf(*one.image))
      if (byImages_[layer] == 1 && (takesRecords() || !byRecords_.count(layer))) freed += bytes_[layer];
    return freed;
  }

  /// Keeps the books; a dry run does no more.
  void account(const Candidate& one) {
    if (one.kind == Candidate::Kind::Cache) {
      byRecords_.erase(one.holding->layer);
      cacheBytes_ -= std::min(cacheBytes_, one.what.bytes);
    }
    if (one.kind != Candidate::Kind::Image) return;
    for (LayerId layer : layersOf(*one.image))
      if (--byImages_[layer] == 0 && takesRecords()) byRecords_.erase(layer);
  }

  llvm::Error take(const Candidate& one) {
    switch (one.kind) {
      case Candidate::Kind::Leftovers:
        return llvm::Error::success();  // swept in finish()
      case Candidate::Kind::History:
        return journal_->trim(one.keep).takeError();
      case Candidate::Kind::Image:
        return takeImage(*one.image);
      case Candidate::Kind::Cache:
        break;
    }
    const Holding& holding = *one.holding;
    if (holding.kind == Holding::Kind::Layer) return forget(holding, one.what.reason);
    if (holding.kind == Holding::Kind::CacheMount)
      return mounts_.remove(joinPath(store_.root(), holding.path)).takeError();
    if (auto error = removeTree(joinPath(store_.root(), holding.path))) return error;
    return removeTree(joinPath(store_.root(), holding.path + ".lock"));
  }

  llvm::Error takeImage(const ImageSummary& image) {
    if (auto error = store_.images().remove(image.id)) return error;
    for (const Holding& holding : holdings_) {
      bool lost = holding.kind == Holding::Kind::Layer && llvm::is_contained(image.layers, holding.layer) &&
                  byImages_[holding.layer] == 0;
      if (lost && takesRecords())
        if (auto error = forget(holding, "an image that had it went")) return error;
    }
    return llvm::Error::success();
  }

  llvm::Error forget(const Holding& holding, const std::string& reason) {
    const RecordRemoval why{.kind = RecordRemoval::Kind::Pruned, .at = nowNanoseconds(), .reason = byCommand(reason)};
    for (const Digest& key : holding.keys)
      if (auto error = records_->remove(key, why)) return error;
    return llvm::Error::success();
  }

  /// "by `strata builder prune --all`: 0.3 s to have it again, used 2 days ago"
  std::string byCommand(const std::string& reason) const {
    return request_.command.empty() ? reason : "by `strata " + request_.command + "`: " + reason;
  }

  bool isEnough(uint64_t size) const { return request_.maxSize && size <= *request_.maxSize; }

  /// One after the other until it is enough. What is freed is an estimate: with a cap it is measured at the end, and
  /// more goes where it was too high.
  llvm::Error choose() {
    for (;;) {
      size_t before = outcome.gone.size();
      for (Candidate& one : candidates_)
        if (auto error = consider(one)) return error;
      bool progress = outcome.gone.size() > before;
      if (!request_.dryRun)
        if (auto error = finish()) return error;
      if (!request_.maxSize || !progress || isEnough(outcome.after)) return llvm::Error::success();
    }
  }

  /// What frees nothing now may do so once another went that has the same layers.
  llvm::Error consider(Candidate& one) {
    if (one.taken || (one.kind != Candidate::Kind::Leftovers && isEnough(outcome.after))) return llvm::Error::success();
    bool isCache = one.kind == Candidate::Kind::Cache;
    if (isCache && request_.keepCache && cacheBytes_ <= *request_.keepCache) return llvm::Error::success();
    auto freed = freedBy(one);
    if (!freed) return freed.takeError();
    if (*freed == 0 && request_.maxSize) return llvm::Error::success();
    one.taken = true;
    one.what.bytes = *freed;
    account(one);
    outcome.after -= std::min(outcome.after, *freed);
    outcome.gone.push_back(one.what);
    return request_.dryRun ? llvm::Error::success() : take(one);
  }

  llvm::Error finish() {
    if (request_.cache == Cache::All && !request_.unusedSince && !request_.maxSize && !request_.keepCache)
      if (auto all = records_->prune({}, byCommand("all of the cache went")); !all) return all.takeError();
    auto swept = store_.sweep(byRecords_);
    if (!swept) return swept.takeError();
    if (auto error = dropTrees()) return error;
    auto reads = ReadStore::open(store_.database());
    if (!reads) return reads.takeError();
    if (auto error = (*reads)->dropUnnamed()) return error;
    if (auto error = records_->tidyRemovals()) return error;
    if (auto error = store_.database().shrink()) return error;
    return measure();
  }

  /// Of the trees that explain misses those stay that a record or a build of the journal names.
  llvm::Error dropTrees() {
    if (auto error = outputs_->prune()) return error;
    auto outputs = outputs_->roots();
    if (!outputs) return outputs.takeError();
    std::set<Digest> roots(outputs->begin(), outputs->end());
    auto uses = records_->list();
    if (!uses) return uses.takeError();
    for (const RecordStore::Use& use : *uses) roots.insert(use.record.tree);
    auto error = visitBuilds(store_.database(), [&](const Build& build) {
      for (const BuildStep& step : build.steps) {
        roots.insert({step.output, step.earlierOutput});
        for (const KeyComponent& component : step.components) roots.insert(component.tree);
      }
      return llvm::Error::success();
    });
    if (error) return error;
    return dropTreesBut(store_.database(), std::move(roots)).takeError();
  }

  void explain() {
    if (!request_.maxSize || isEnough(outcome.after)) return;
    uint64_t images = 0, inUse = 0;
    for (const auto& [layer, claims] : byImages_) images += claims > 0 ? bytes_[layer] : 0;
    for (const Holding& holding : holdings_) inUse += holding.inUse ? holding.bytes : 0;
    std::string& text = outcome.whyNot;
    text = "the store still takes " + humanSize(outcome.after) + ", more than " + humanSize(*request_.maxSize) + ": ";
    if (images > 0) text += "images with names take " + humanSize(images) + " (--all lets them go), ";
    if (inUse > 0) text += "cache mounts in use take " + humanSize(inUse) + ", ";
    uint64_t rest = outcome.after - std::min(outcome.after, images + inUse);
    text += "the database, directories and what was not to go take " + humanSize(rest);
  }

  layerfs::Store& store_;
  const PruneRequest& request_;
  CacheMounts mounts_;
  std::unique_ptr<RecordStore> records_;
  std::unique_ptr<OutputStore> outputs_;
  std::unique_ptr<Journal> journal_;
  std::vector<ImageSummary> images_;
  std::set<Digest> ofContainers_;  ///< images that containers are of
  std::vector<Holding> holdings_;
  std::map<LayerId, uint64_t> bytes_;
  std::map<LayerId, unsigned> byImages_;
  std::set<LayerId> byRecords_;
  std::set<LayerId> outlines_;  ///< of layers that are elsewhere
  uint64_t cacheBytes_ = 0;     ///< of what no image has
  std::vector<Candidate> candidates_;
};
}  // namespace

llvm::Expected<PruneOutcome> prune(layerfs::Store& store, const PruneRequest& request,
                                   llvm::function_ref<void()> waiting) {
  Prune run(store, request);
  if (auto error = store.alone([&] { return run.run(); }, waiting)) return error;
  return std::move(run.outcome);
}

}  // namespace strata::builder

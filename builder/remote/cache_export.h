#pragma once
/// \file One cache that a build adds to (`--cache-to`): layers go as soon as their steps have ended, on threads of
/// their own behind the build's; the pack that names them goes last. What the cache has is not sent again. Whatever
/// goes wrong, the build is none the worse for it: what did get there is written down, the rest is said.

#include "builder/cache/cache_exchange.h"
#include "builder/journal/file_tree.h"
#include "builder/remote/cache_state.h"
#include "builder/remote/patience.h"
#include "builder/remote/publish.h"
#include "layerfs/store.h"
#include "support/fault.h"
#include "support/progress.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace strata::builder {

/// Any thread.
class CacheExport {
public:
  /// All borrowed, but for the target. `registry`: whose connections are used, or null.
  CacheExport(CacheTarget target, layerfs::Store& store, TreeStore& trees, const registry::Client* registry,
              const CancelToken& cancel);
  ~CacheExport();  ///< whatever is not there by then is given up

  const CacheTarget& target() const { return target_; }

  void onResult(CacheExchange::Result result);
  void onBase(const std::vector<std::shared_ptr<layerfs::Layer>>& layers);
  void onMountUsed(const std::string& slot, const std::string& id);
  /// Of the ids that are to go along those that are none of these, which a build's RUNs have ("/packages": behind its
  /// namespace).
  std::vector<std::string> mountsUnknownAmong(llvm::ArrayRef<std::string> ids) const;
  /// All results are told, the first time that this is called. Writes the pack when their layers are there, behind
  /// whatever the build does next.
  void publish(const Build& build);
  /// Waits until the layers of the image are there (or will not be): a push to the same registry finds them then.
  void awaitImageLayers();
  struct Problem {
    FaultKind kind;  ///< Unavailable: only the way there was at fault
    std::string cause;
  };
  /// Waits until all is done, or the time is up. What went wrong; nothing: all is there.
  std::optional<Problem> finish(std::chrono::milliseconds time);

  struct Sums {
    uint64_t records = 0, mounts = 0, blobs = 0, bytes = 0;  ///< that were not there before
  };
  Sums sums();

private:
  void work();
  void process(CacheExchange::Result& result);
  llvm::Error open();
  llvm::Error exportResult(const CacheExchange::Result& result);
  llvm::Expected<layerfs::Descriptor> blobFor(layerfs::Layer& layer, const layerfs::DiffId& diffId);
  llvm::Expected<std::vector<layerfs::LayerBlob>> blobsFor(const layerfs::Layer& layer, const layerfs::DiffId& diffId);
  std::optional<layerfs::LayerBlob> findBlob(const layerfs::Layer& layer, const layerfs::DiffId& diffId);
  bool passOn(const layerfs::LayerBlob& blob);
  llvm::Expected<layerfs::Descriptor> pushLayer(layerfs::Layer& layer, const layerfs::DiffId& diffId);
  bool fits(const layerfs::Descriptor& blob) const;
  void fail(llvm::Error error);
  void skip(llvm::Error error);

  // publish_export.cc
  llvm::Error writePack();
  llvm::Error addMounts(CachePack& pack);
  llvm::Error addTrees(PackedBuild& build);
  llvm::Error addOutlines(CachePack& pack);
  std::set<Digest> treesThere(std::vector<layerfs::Descriptor>& blobs);

  CacheTarget target_;
  layerfs::Store& store_;
  TreeStore& trees_;
  KeptBlobs kept_;

  /// A way to the cache, for as long as its patience lasts. The root has one of its own: what got there in time is
  /// written down also when the layers' time is up.
  struct Link {
    Link(const CachePlace& place, const registry::Client* sibling, const CancelToken& cancel)
        : place(place), sibling(sibling), patience(cancel) {}
    llvm::Error open();
    const CachePlace& place;
    const registry::Client* sibling;
    Patience patience;
    std::unique_ptr<registry::Client> client;
    std::unique_ptr<CacheStorage> storage;
  };
  Link layers_, root_;

  // Set by open(), once.
  std::once_flag opened_;
  bool isOpen_ = false;
  CacheState there_;
  std::map<Digest, const PackedRecord*> byKey_;
  std::map<Digest, layerfs::Descriptor> byDiffId_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<CacheExchange::Result> queue_;
  size_t active_ = 0, imageLayers_ = 0;  ///< under way; of the image, queued or under way
  bool closed_ = false;                  ///< all results were told
  bool solving_ = true;                  ///< the build's own work goes first
  std::vector<std::thread> threads_;
  std::thread publishing_;
  bool published_ = false;
  std::vector<PackedRecord> added_;
  std::map<Digest, std::shared_ptr<layerfs::Layer>> outlined_;  ///< by diffID: of which others get outlines
  std::set<Digest> used_;
  std::map<std::string, std::string> mounts_;  ///< slot to id, that were in use
  std::optional<PackedBuild> build_;
  std::optional<Problem> failure_;  ///< the storage's: nothing more is sent
  bool late_ = false;               ///< the layers' time is up
  std::optional<Problem> skipped_;  ///< the first thing that could not go along
  Sums sums_;
};

}  // namespace strata::builder

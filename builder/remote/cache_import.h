#pragma once
/// \file The caches that a build may take from (`--cache-from`): fetched on threads of their own, asked when the store
/// has no record. What is taken becomes the store's own record, whose layer stays where it is until somebody reads it.

#include "builder/cache/cache_exchange.h"
#include "builder/journal/file_tree.h"
#include "builder/remote/cache_state.h"
#include "builder/remote/patience.h"
#include "layerfs/store.h"
#include "support/progress.h"

#include <llvm/ADT/ArrayRef.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace strata::builder {

/// Any thread.
class CacheImport {
public:
  /// All borrowed. `registry`: whose connections are used, or null. Asks nothing yet.
  CacheImport(llvm::ArrayRef<CachePlace> places, layerfs::Store& store, RecordStore& records, ProgressSink& progress,
              const registry::Client* registry, const CancelToken& cancel);
  ~CacheImport();  ///< waits for nothing that nobody needs

  /// Begins to fetch; once.
  void start();
  /// False while find() would wait for what is under way. True also where nothing is: perhaps nobody has to ask.
  bool isReady();

  /// The first cache's answer, in the order of the command line. Waits; after that a miss is what it gives.
  std::optional<CacheRecord> find(const Digest& key);
  std::optional<CacheRecord> findByAlias(const Digest& alias);
  bool gaveAny();

  /// The build that these steps have most in common with, of the same Dockerfile and target; null: there is none, or
  /// nobody had to ask. `cache`: whose it is, by name.
  const PackedBuild* nearestBuild(const Build& build, std::string& cache);
  /// Puts the trees of a build into the store. What cannot be had is no explanation, and no fault.
  void fetchTrees(const PackedBuild& build, TreeStore& trees);

  /// The outline of this layer into the store, if a cache has it. What cannot be had is no fault: the layer is
  /// brought.
  void bringOutline(const layerfs::DiffId& diffId);
  bool restoreMount(const std::string& slot, const std::string& directory);

private:
  struct Source {
    CachePlace place;
    std::unique_ptr<registry::Client> client;
    std::unique_ptr<CacheStorage> storage;
    CacheState state;
  };
  struct Found {
    const PackedRecord* record = nullptr;
    Source* source = nullptr;
  };
  void fetchAll();
  void fetch(Source& source);
  void indexRecords();
  void wait();
  Source* sourceOf(const PackedBuild& build);
  std::optional<CacheRecord> adopt(const Found& found, const Digest& alias);
  void warn(const CachePlace& place, llvm::Error error);

  layerfs::Store& store_;
  RecordStore& records_;
  ProgressSink& progress_;
  KeptBlobs kept_;
  const registry::Client* registry_;
  std::unique_ptr<Patience> patience_;
  const CancelToken& cancel_;
  std::vector<Source> sources_;
  std::once_flag started_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool begun_ = false, fetched_ = false, gaveAny_ = false;
  std::unordered_map<Digest, Found, DigestHash> byKey_, byAlias_;  ///< complete once fetched
};

}  // namespace strata::builder

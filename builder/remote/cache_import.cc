#include "builder/remote/cache_import.h"

#include "builder/remote/mount_archive.h"
#include "builder/remote/tree_blob.h"
#include "layerfs/decompression.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <future>
#include <set>

namespace strata::builder {

namespace {
/// A cache that says nothing for so long is slower than most steps.
constexpr std::chrono::milliseconds kImportPatience{5000};
/// A build goes on without a cache that is not there.
const registry::RetryBudget kRetries{.attempts = 2, .pause = std::chrono::milliseconds(100)};
constexpr size_t kLargestTrees = 64 << 20;

/// Reads on while something comes.
class MovingSource : public ByteSource {
public:
  MovingSource(std::unique_ptr<ByteSource> source, Patience& patience)
      : source_(std::move(source)), patience_(patience) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    patience_.moved();
    return source_->read(buffer, size);
  }

private:
  std::unique_ptr<ByteSource> source_;
  Patience& patience_;
};

llvm::StringRef instructionOf(const BuildStep& step) {
  llvm::StringRef name = step.name;
  return name.starts_with("[") ? name.split("] ").second : name;
}
}  // namespace

CacheImport::CacheImport(llvm::ArrayRef<CachePlace> places, layerfs::Store& store, RecordStore& records,
                         ProgressSink& progress, const registry::Client* registry, const CancelToken& cancel)
    : store_(store), records_(records), progress_(progress), kept_(store.root()), registry_(registry), cancel_(cancel) {
  for (const CachePlace& place : places) sources_.push_back({.place = place, .client = {}, .storage = {}, .state = {}});
}

CacheImport::~CacheImport() {
  if (!thread_.joinable()) return;
  patience_->giveUp();
  thread_.join();
}

void CacheImport::start() {
  std::call_once(started_, [&] {
    {
      std::lock_guard lock(mutex_);
      begun_ = true;
    }
    patience_ = std::make_unique<Patience>(cancel_);
    patience_->limit(kImportPatience);
    thread_ = std::thread([this] { fetchAll(); });
  });
}

bool CacheImport::isReady() {
  std::lock_guard lock(mutex_);
  return !begun_ || fetched_;
}

void CacheImport::wait() {
  start();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return fetched_; });
}

void CacheImport::fetchAll() {
  Patience::Waiting waiting(*patience_);
  std::vector<std::future<void>> others;
  for (Source& source : llvm::MutableArrayRef(sources_).drop_front())
    others.push_back(std::async(std::launch::async, [&] { fetch(source); }));
  fetch(sources_.front());
  for (auto& other : others) other.wait();
  indexRecords();
  std::lock_guard lock(mutex_);
  fetched_ = true;
  changed_.notify_all();
}

void CacheImport::fetch(Source& source) {
  auto load = [&]() -> llvm::Error {
    source.client = std::make_unique<registry::Client>(
        registry_, patience_->token(),
        registry::Client::Options{.insecure = source.place.insecure, .retries = kRetries});
    auto storage = openCacheStorage(source.place, *source.client, /*forWriting=*/false);
    if (!storage) return storage.takeError();
    source.storage = std::move(*storage);
    auto state = loadCache(*source.storage, kept_, [&] { patience_->moved(); });
    if (!state) return state.takeError();
    const std::string& directory = source.place.directory;
    if (!*state && !directory.empty() && !pathExists(directory))
      return fault(FaultKind::NotFound, "there is no cache yet: the directory does not exist");
    if (!*state) return fault(FaultKind::NotFound, "there is no cache yet");
    source.state = std::move(**state);
    return llvm::Error::success();
  };
  if (auto error = load()) warn(source.place, std::move(error));
}

void CacheImport::warn(const CachePlace& place, llvm::Error error) {
  std::string problem = messageOf(std::move(error));
  if (patience_->ranOut()) problem = "it does not answer";
  if (patience_->token().cancelled() && !patience_->ranOut()) return;  // nobody waits any more
  progress_.onNotice("WARN: --cache-from " + place.name() + ": " + problem + "; going on without it");
}

/// Of several records of one key the first cache's newest counts.
void CacheImport::indexRecords() {
  for (Source& source : sources_)
    for (const PackedRecord* record : source.state.usable()) {
      byKey_.try_emplace(record->record.key, Found{record, &source});
      for (const Digest& alias : record->aliases) byAlias_.try_emplace(alias, Found{record, &source});
    }
}

std::optional<CacheRecord> CacheImport::find(const Digest& key) {
  wait();
  auto found = byKey_.find(key);
  return found == byKey_.end() ? std::nullopt : adopt(found->second, {});
}

std::optional<CacheRecord> CacheImport::findByAlias(const Digest& alias) {
  wait();
  auto found = byAlias_.find(alias);
  return found == byAlias_.end() ? std::nullopt : adopt(found->second, alias);
}

std::optional<CacheRecord> CacheImport::adopt(const Found& found, const Digest& alias) {
  const PackedRecord& packed = *found.record;
  CacheRecord record = packed.record;
  auto take = [&]() -> llvm::Error {
    auto layer = store_.layers().addRemote(packed.diffId, {{packed.blob, found.source->storage->place()}},
                                           /*cameAs=*/std::nullopt, packed.tarSize);
    if (!layer) return layer.takeError();
    record.layer = (*layer)->id();
    return store_.database().transact([&]() -> llvm::Error {
      if (auto error = records_.put(record, nowNanoseconds())) return error;
      return alias ? records_.putAlias(alias, record.key) : llvm::Error::success();
    });
  };
  if (auto error = take()) {
    warn(found.source->place, std::move(error));
    return std::nullopt;
  }
  std::lock_guard lock(mutex_);
  gaveAny_ = true;
  return record;
}

bool CacheImport::gaveAny() {
  std::lock_guard lock(mutex_);
  return gaveAny_;
}

/// Of equally near ones the newest.
const PackedBuild* CacheImport::nearestBuild(const Build& build, std::string& cache) {
  {
    std::lock_guard lock(mutex_);
    if (!fetched_) return nullptr;
  }
  std::set<llvm::StringRef> texts;
  for (const BuildStep& step : build.steps) texts.insert(instructionOf(step));
  const PackedBuild* nearest = nullptr;
  size_t mostCommon = 0;
  for (Source& source : sources_)
    for (const PackedBuild* packed : source.state.builds()) {
      const Build& other = packed->build;
      if (other.dockerfile != build.dockerfile || other.target != build.target || other.id == build.id) continue;
      size_t common =
          size_t(llvm::count_if(other.steps, [&](const BuildStep& step) { return texts.count(instructionOf(step)); }));
      if (common <= mostCommon) continue;
      mostCommon = common;
      nearest = packed;
      cache = source.place.name();
    }
  return nearest;
}

CacheImport::Source* CacheImport::sourceOf(const PackedBuild& build) {
  for (Source& source : sources_)
    if (llvm::is_contained(source.state.builds(), &build)) return &source;
  return nullptr;
}

void CacheImport::fetchTrees(const PackedBuild& build, TreeStore& trees) {
  Source* source = sourceOf(build);
  if (!source) return;
  Patience::Waiting waiting(*patience_);
  for (const layerfs::Descriptor& blob : build.trees) {
    auto bytes = kept_.find(blob.digest);
    if (!bytes) {
      if (blob.size > kLargestTrees) continue;
      auto opened = source->storage->openBlob(blob);
      if (!opened) return llvm::consumeError(opened.takeError());
      MovingSource moving(std::move(*opened), *patience_);
      auto read = readAll(moving, kLargestTrees);
      if (!read) return llvm::consumeError(read.takeError());
      bytes = std::move(*read);
      kept_.put(blob.digest, *bytes);
    }
    llvm::consumeError(unpackTrees(*bytes, trees));
  }
}

void CacheImport::bringOutline(const layerfs::DiffId& diffId) {
  wait();
  Patience::Waiting waiting(*patience_);
  for (Source& source : sources_)
    for (const CachePack& pack : source.state.packs)
      for (const PackedOutline& outline : pack.outlines) {
        if (outline.diffId != diffId) continue;
        auto take = [&]() -> llvm::Error {
          auto opened = source.storage->openBlob(outline.blob);
          if (!opened) return opened.takeError();
          MovingSource moving(std::move(*opened), *patience_);
          auto tar = layerfs::decompressed(moving);
          if (!tar) return tar.takeError();
          return store_.outlines().put(diffId, **tar);
        };
        auto error = take();
        if (!error) return;
        llvm::consumeError(std::move(error));
      }
}

/// A cache mount is a convenience: one that cannot be had begins empty, as it would have without any cache.
bool CacheImport::restoreMount(const std::string& slot, const std::string& directory) {
  wait();
  Patience::Waiting waiting(*patience_);
  for (Source& source : sources_)
    for (const CachePack& pack : source.state.packs)
      for (const PackedMount& mount : pack.mounts) {
        if (mount.slot != slot) continue;
        auto error =
            restoreMountFiles(mount, *source.storage, store_.staging(), directory, [&] { patience_->moved(); });
        if (!error) return true;
        progress_.onNotice("WARN: --cache-from " + source.place.name() + ": cache mount " + printable(mount.id) + ": " +
                           messageOf(std::move(error)));
        return false;
      }
  return false;
}

}  // namespace strata::builder

#include "builder/remote/cache_export.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strata::builder {

using layerfs::Descriptor;
using layerfs::DiffId;

namespace {
constexpr size_t kThreads = 3;
/// A build that is done waits so long for a storage that takes nothing.
constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::chrono::milliseconds kLeastAltogether{60'000};

/// Behind the processes of the build's steps, which somebody waits for.
void stepBack() { ::setpriority(PRIO_PROCESS, id_t(::syscall(SYS_gettid)), 10); }

class MovingSink : public ByteSink {
public:
  MovingSink(ByteSink& sink, Patience& patience) : sink_(sink), patience_(patience) {}
  llvm::Error write(llvm::StringRef bytes) override {
    if (auto error = patience_.token().check()) return error;
    patience_.moved();
    return sink_.write(bytes);
  }

private:
  ByteSink& sink_;
  Patience& patience_;
};

/// A fault of one layer, rather than of the place where all go.
bool isOfLayer(FaultKind kind) { return kind == FaultKind::NotFound || kind == FaultKind::Corrupt; }
}  // namespace

CacheExport::CacheExport(CacheTarget target, layerfs::Store& store, TreeStore& trees, const CancelToken& cancel)
    : target_(std::move(target)), store_(store), trees_(trees), kept_(store.root()), patience_(cancel) {
  patience_.limit(kPatience);
}

CacheExport::~CacheExport() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
    patience_.giveUp();
    changed_.notify_all();
  }
  if (publishing_.joinable()) publishing_.join();
  for (std::thread& thread : threads_) thread.join();
}

void CacheExport::onResult(CacheExchange::Result result) {
  if (!target_.everyStep && !result.inImage) return;
  std::lock_guard lock(mutex_);
  if (failure_ || closed_) return;
  imageLayers_ += result.inImage;
  queue_.push_back(std::move(result));
  if (threads_.size() < std::min(kThreads, queue_.size() + active_)) threads_.emplace_back([this] { work(); });
  changed_.notify_all();
}

void CacheExport::onMountUsed(const std::string& slot, const std::string& id) {
  llvm::StringRef name = id;  // behind its namespace
  auto isMeant = [&](llvm::StringRef wanted) { return name == wanted || name.ends_with(("/" + wanted).str()); };
  std::lock_guard lock(mutex_);
  if (llvm::any_of(target_.mounts, isMeant)) mounts_[slot] = id;
}

void CacheExport::work() {
  stepBack();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return;
    CacheExchange::Result result = std::move(queue_.front());
    queue_.pop_front();
    ++active_;
    bool give = !failure_;
    lock.unlock();
    if (give) process(result);
    result.layer.reset();
    lock.lock();
    --active_;
    imageLayers_ -= result.inImage;
    changed_.notify_all();
  }
}

void CacheExport::process(CacheExchange::Result& result) {
  std::call_once(opened_, [&] {
    if (auto failed = open()) fail(std::move(failed));
  });
  {
    std::lock_guard lock(mutex_);
    if (failure_) return;
  }
  if (auto failed = exportResult(result)) isOfLayer(kindOf(failed)) ? skip(std::move(failed)) : fail(std::move(failed));
}

/// What is there already.
llvm::Error CacheExport::open() {
  client_ = std::make_unique<registry::Client>(
      patience_.token(), registry::Client::Options{.insecure = target_.place.insecure, .retries = {}});
  auto storage = openCacheStorage(target_.place, *client_, /*forWriting=*/true);
  if (!storage) return storage.takeError();
  storage_ = std::move(*storage);
  publisher_ = std::make_unique<Publisher>(*storage_, patience_.token());
  auto index = publisher_->read();
  if (!index) return index.takeError();
  patience_.moved();
  auto state = loadPacks(std::move(*index), *storage_, kept_, [&] { patience_.moved(); });
  if (!state) return state.takeError();
  there_ = std::move(*state);
  for (const PackedRecord* record : there_.usable()) {
    byKey_.try_emplace(record->record.key, record);
    if (fits(record->blob)) byDiffId_.try_emplace(record->diffId.digest, record->blob);
  }
  return llvm::Error::success();
}

bool CacheExport::fits(const Descriptor& blob) const {
  llvm::StringRef wanted = layerfs::layerMediaType(layerfs::MediaFamily::Oci, target_.compression.kind);
  return !target_.forceCompression || blob.mediaType == wanted;
}

/// A record that is there stays as it is, unless this build made other files; another way to find it is added.
llvm::Error CacheExport::exportResult(const CacheExchange::Result& result) {
  const CacheRecord& record = result.record;
  auto known = byKey_.find(record.key);
  bool isThere = known != byKey_.end();
  if (isThere) {
    std::lock_guard lock(mutex_);
    used_.insert(record.key);
    bool found =
        !result.alias || result.alias == record.key || llvm::is_contained(known->second->aliases, result.alias);
    if (!result.executed && found) return llvm::Error::success();
  }
  auto identity = result.layer->tarIdentity();
  if (!identity) return identity.takeError();
  if (isThere && known->second->diffId != identity->diffId && !result.executed) return llvm::Error::success();
  PackedRecord packed{
      .record = record, .aliases = {}, .diffId = identity->diffId, .tarSize = identity->size, .blob = {}};
  if (result.alias && result.alias != record.key) packed.aliases.push_back(result.alias);
  if (isThere && known->second->diffId == identity->diffId && llvm::all_of(packed.aliases, [&](const Digest& alias) {
        return llvm::is_contained(known->second->aliases, alias);
      }))
    return llvm::Error::success();
  auto blob = blobFor(*result.layer, identity->diffId);
  if (!blob) return blob.takeError();
  packed.blob = std::move(*blob);
  std::lock_guard lock(mutex_);
  added_.push_back(std::move(packed));
  ++sums_.records;
  return llvm::Error::success();
}

llvm::Expected<Descriptor> CacheExport::blobFor(layerfs::Layer& layer, const DiffId& diffId) {
  {
    std::lock_guard lock(mutex_);
    if (auto known = byDiffId_.find(diffId.digest); known != byDiffId_.end()) return known->second;
  }
  auto blob = findBlob(diffId);
  if (!blob) {
    auto pushed = pushLayer(layer, diffId);
    if (!pushed) return pushed;
    blob = std::move(*pushed);
  }
  blob->annotations.clear();
  llvm::consumeError(store_.layers().blobs().put(diffId, {*blob, storage_->place()}));
  std::lock_guard lock(mutex_);
  byDiffId_.emplace(diffId.digest, *blob);
  return *blob;
}

/// A form of the layer that is there, or that the storage can have without its bytes passing through here.
std::optional<Descriptor> CacheExport::findBlob(const DiffId& diffId) {
  auto places = store_.layers().blobs().find(diffId);
  if (!places) {
    llvm::consumeError(places.takeError());
    return std::nullopt;
  }
  for (const layerfs::LayerBlob& one : *places) {
    if (!fits(one.descriptor)) continue;
    bool here = one.place == storage_->place();
    auto has = here ? storage_->hasBlob(one.descriptor) : storage_->takeOver(one.descriptor, one.place);
    patience_.moved();
    if (has && *has) return one.descriptor;
    if (!has) llvm::consumeError(has.takeError());  // then it is sent
  }
  return std::nullopt;
}

/// While steps run, one thread compresses; when they have ended, all may.
llvm::Expected<Descriptor> CacheExport::pushLayer(layerfs::Layer& layer, const DiffId& diffId) {
  auto produce = [&](ByteSink& sink) -> llvm::Error {
    bool solving;
    {
      std::lock_guard lock(mutex_);
      solving = solving_;
    }
    MovingSink moving(sink, patience_);
    auto compressor = layerfs::makeCompressor(target_.compression, moving, solving ? 1 : 0);
    if (auto error = layer.writeTar(*compressor)) return error;
    return compressor->finish();
  };
  auto blob = storage_->putStream(produce);
  if (!blob) return blob;
  blob->mediaType = layerfs::layerMediaType(layerfs::MediaFamily::Oci, target_.compression.kind).str();
  std::lock_guard lock(mutex_);
  ++sums_.blobs;
  sums_.bytes += blob->size;
  return blob;
}

void CacheExport::fail(llvm::Error error) {
  std::string message = patience_.ranOut() ? "it takes too long" : "";
  std::string cause = messageOf(std::move(error));
  std::lock_guard lock(mutex_);
  if (!failure_) failure_ = message.empty() ? cause : message + " (" + cause + ")";
  changed_.notify_all();
}

void CacheExport::skip(llvm::Error error) {
  std::string message = messageOf(std::move(error));
  std::lock_guard lock(mutex_);
  if (skipped_.empty()) skipped_ = message;
}

void CacheExport::awaitImageLayers() {
  Patience::Waiting waiting(patience_);
  std::unique_lock lock(mutex_);
  solving_ = false;
  changed_.wait(lock, [&] { return imageLayers_ == 0 || failure_; });
}

std::optional<std::string> CacheExport::finish(std::chrono::milliseconds buildTime) {
  if (!publishing_.joinable()) return failure_;
  auto altogether =
      target_.timeout ? std::chrono::milliseconds(*target_.timeout) : std::max(kLeastAltogether, buildTime);
  patience_.limit(kPatience, altogether);
  Patience::Waiting waiting(patience_);
  publishing_.join();
  std::lock_guard lock(mutex_);
  if (failure_) return failure_;
  return skipped_.empty() ? std::nullopt : std::optional(skipped_);
}

CacheExport::Sums CacheExport::sums() {
  std::lock_guard lock(mutex_);
  return sums_;
}

}  // namespace strata::builder

#include "builder/remote/cache_export.h"

#include "layerfs/outline_tail.h"
#include "registry/remote_layers.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace strata::builder {

using layerfs::Descriptor;
using layerfs::DiffId;
using layerfs::LayerBlob;

namespace {
constexpr size_t kThreads = 3;
/// A build that is done waits so long for a storage that takes nothing.
constexpr std::chrono::milliseconds kExportPatience{10'000};
constexpr std::chrono::milliseconds kRootAltogether{30'000};

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

/// What a layer's own place does not give is the layer's trouble, not that of the cache.
llvm::Error bringFromAnywhere(layerfs::Layer& layer) {
  auto error = layer.bring();
  if (!error || kindOf(error) == FaultKind::Cancelled || kindOf(error) == FaultKind::Io) return error;
  return fault(FaultKind::NotFound, messageOf(std::move(error)));
}

/// A record that does not know its layer's size is no record for others: what nobody told is found out.
llvm::Expected<layerfs::Layer::TarIdentity> sizedIdentity(layerfs::Layer& layer) {
  auto identity = layer.tarIdentity();
  if (!identity || identity->size > 0) return identity;
  if (auto error = bringFromAnywhere(layer)) return error;
  return layer.tarIdentity();
}
}  // namespace

CacheExport::CacheExport(CacheTarget target, layerfs::Store& store, TreeStore& trees, const registry::Client* registry,
                         const CancelToken& cancel)
    : target_(std::move(target)),
      store_(store),
      trees_(trees),
      kept_(store.root()),
      layers_(target_.place, registry, cancel),
      root_(target_.place, registry, cancel) {
  layers_.patience.limit(kExportPatience);
  root_.patience.limit(kExportPatience);
}

CacheExport::~CacheExport() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
    layers_.patience.giveUp();
    root_.patience.giveUp();
    changed_.notify_all();
  }
  if (publishing_.joinable()) publishing_.join();
  for (std::thread& thread : threads_) thread.join();
}

void CacheExport::onResult(CacheExchange::Result result) {
  if (!target_.everyStep && !result.inImage) return;
  std::lock_guard lock(mutex_);
  if (failure_ || late_ || closed_) return;
  imageLayers_ += result.inImage;
  queue_.push_back(std::move(result));
  if (threads_.size() < std::min(kThreads, queue_.size() + active_)) threads_.emplace_back([this] { work(); });
  changed_.notify_all();
}

void CacheExport::onBase(const std::vector<std::shared_ptr<layerfs::Layer>>& layers) {
  for (const std::shared_ptr<layerfs::Layer>& layer : layers) {
    auto identity = layer->tarIdentity();
    if (!identity) {  // of an image that has it: it will fail there
      llvm::consumeError(identity.takeError());
      continue;
    }
    std::lock_guard lock(mutex_);
    outlined_.emplace(identity->diffId.digest, layer);
  }
}

namespace {
/// `id`: behind its namespace.
bool isMeant(llvm::StringRef id, llvm::StringRef wanted) {
  return id == wanted || (id.ends_with(wanted) && id.drop_back(wanted.size()).ends_with("/"));
}
}  // namespace

void CacheExport::onMountUsed(const std::string& slot, const std::string& id) {
  std::lock_guard lock(mutex_);
  if (llvm::any_of(target_.mounts, [&](llvm::StringRef wanted) { return isMeant(id, wanted); })) mounts_[slot] = id;
}

std::vector<std::string> CacheExport::mountsUnknownAmong(llvm::ArrayRef<std::string> ids) const {
  std::vector<std::string> unknown;
  for (const std::string& wanted : target_.mounts)
    if (llvm::none_of(ids, [&](llvm::StringRef id) { return isMeant(id, wanted); })) unknown.push_back(wanted);
  return unknown;
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
    bool give = !failure_ && !late_;
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

llvm::Error CacheExport::Link::open() {
  client = std::make_unique<registry::Client>(sibling, patience.token(),
                                              registry::Client::Options{.insecure = place.insecure, .retries = {}});
  auto opened = openCacheStorage(place, *client, /*forWriting=*/true);
  if (!opened) return opened.takeError();
  storage = std::move(*opened);
  return llvm::Error::success();
}

/// What is there already.
llvm::Error CacheExport::open() {
  if (auto error = layers_.open()) return error;
  auto index = Publisher(*layers_.storage, layers_.patience.token()).read();
  if (!index) return index.takeError();
  layers_.patience.moved();
  auto state = loadPacks(std::move(*index), *layers_.storage, kept_, [&] { layers_.patience.moved(); });
  if (!state) return state.takeError();
  there_ = std::move(*state);
  for (const PackedRecord* record : there_.usable()) {
    byKey_.try_emplace(record->record.key, record);
    if (fits(record->blob)) byDiffId_.try_emplace(record->diffId.digest, record->blob);
  }
  std::lock_guard lock(mutex_);
  isOpen_ = true;
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
  auto identity = sizedIdentity(*result.layer);
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
  outlined_.emplace(identity->diffId.digest, result.layer);
  added_.push_back(std::move(packed));
  ++sums_.records;
  return llvm::Error::success();
}

llvm::Expected<Descriptor> CacheExport::blobFor(layerfs::Layer& layer, const DiffId& diffId) {
  {
    std::lock_guard lock(mutex_);
    if (auto known = byDiffId_.find(diffId.digest); known != byDiffId_.end()) return known->second;
  }
  auto blob = findBlob(layer, diffId);
  if (!blob) {
    auto pushed = pushLayer(layer, diffId);
    if (!pushed) return pushed;
    blob = LayerBlob{std::move(*pushed), {}, /*verified=*/true};
  }
  layerfs::keepOutlineTail(blob->descriptor);
  layerfs::takeOutlineTail(blob->descriptor, layer.toldBlob());
  blob->place = layers_.storage->place();
  llvm::consumeError(store_.layers().blobs().put(diffId, *blob));
  std::lock_guard lock(mutex_);
  byDiffId_.emplace(diffId.digest, blob->descriptor);
  return blob->descriptor;
}

/// Those that may stand for the layer: verified ones, and what is believed of it anyway while nobody has read it.
llvm::Expected<std::vector<LayerBlob>> CacheExport::blobsFor(const layerfs::Layer& layer, const DiffId& diffId) {
  auto blobs = store_.layers().blobs().find(diffId);
  if (!blobs) return blobs;
  std::optional<Descriptor> told = layer.toldBlob();
  bool isAway = layer.form() == layerfs::LayerForm::Remote;
  llvm::erase_if(*blobs, [&](const LayerBlob& blob) {
    bool isTold = isAway && told && blob.descriptor.digest == told->digest;
    return (!blob.verified && !isTold) || !fits(blob.descriptor);
  });
  return blobs;
}

/// A form of the layer that is there, or that the storage can have without its bytes passing through here.
std::optional<LayerBlob> CacheExport::findBlob(const layerfs::Layer& layer, const DiffId& diffId) {
  auto places = blobsFor(layer, diffId);
  if (!places) {
    llvm::consumeError(places.takeError());
    return std::nullopt;
  }
  for (const LayerBlob& one : *places) {
    bool here = one.place == layers_.storage->place();
    auto has = here ? layers_.storage->hasBlob(one.descriptor) : layers_.storage->takeOver(one.descriptor, one.place);
    layers_.patience.moved();
    if (has && *has) return one;
    if (!has) llvm::consumeError(has.takeError());  // then it is sent
  }
  if (layer.form() != layerfs::LayerForm::Remote) return std::nullopt;
  for (const LayerBlob& one : *places)
    if (passOn(one)) return one;
  return std::nullopt;
}

/// The bytes of a layer that is elsewhere and that nobody here has read: from there to here, as they are.
bool CacheExport::passOn(const LayerBlob& blob) {
  registry::RemoteLayers elsewhere([&]() -> registry::Client& { return *layers_.client; });
  auto sent = layers_.storage->putStream([&](ByteSink& sink) -> llvm::Error {
    auto source = elsewhere.open(blob);
    if (!source) return source.takeError();
    MovingSink moving(sink, layers_.patience);
    return copyAll(**source, moving).takeError();
  });
  if (!sent) {  // then the store brings it
    llvm::consumeError(sent.takeError());
    return false;
  }
  std::lock_guard lock(mutex_);
  ++sums_.blobs;
  sums_.bytes += sent->size;
  return true;
}

/// While steps run, one thread compresses; when they have ended, all may.
llvm::Expected<Descriptor> CacheExport::pushLayer(layerfs::Layer& layer, const DiffId& diffId) {
  if (auto error = bringFromAnywhere(layer)) return error;
  auto tail = layerfs::makeOutlineTail(layer, target_.compression.kind);
  if (!tail) return tail.takeError();
  auto produce = [&](ByteSink& sink) -> llvm::Error {
    bool solving;
    {
      std::lock_guard lock(mutex_);
      solving = solving_;
    }
    MovingSink moving(sink, layers_.patience);
    auto compressor = layerfs::makeCompressor(target_.compression, moving, solving ? 1 : 0);
    if (auto error = layer.writeTar(*compressor)) return error;
    if (auto error = compressor->finish()) return error;
    return sink.write(*tail);
  };
  auto blob = layers_.storage->putStream(produce);
  if (!blob) return blob;
  blob->mediaType = layerfs::layerMediaType(layerfs::MediaFamily::Oci, target_.compression.kind).str();
  layerfs::noteOutlineTail(*blob, *tail);
  std::lock_guard lock(mutex_);
  ++sums_.blobs;
  sums_.bytes += blob->size;
  return blob;
}

void CacheExport::fail(llvm::Error error) {
  FaultKind kind = kindOf(error);
  std::string cause = messageOf(std::move(error));
  std::lock_guard lock(mutex_);
  bool ranOut = layers_.patience.ranOut() || root_.patience.ranOut();
  late_ = late_ || (layers_.patience.ranOut() && isOpen_);
  if (late_ && !skipped_) skipped_ = {FaultKind::Unavailable, "it takes too long: not everything got there"};
  if (!late_ && !failure_ && ranOut) failure_ = {FaultKind::Unavailable, "it takes too long (" + cause + ")"};
  if (!late_ && !failure_) failure_ = {kind, std::move(cause)};
  changed_.notify_all();
}

void CacheExport::skip(llvm::Error error) {
  FaultKind kind = kindOf(error);
  std::string message = messageOf(std::move(error));
  std::lock_guard lock(mutex_);
  if (!skipped_) skipped_ = {kind, std::move(message)};
}

void CacheExport::awaitImageLayers() {
  Patience::Waiting waiting(layers_.patience);
  std::unique_lock lock(mutex_);
  solving_ = false;
  changed_.wait(lock, [&] { return imageLayers_ == 0 || failure_ || late_; });
}

std::optional<CacheExport::Problem> CacheExport::finish(std::chrono::milliseconds time) {
  if (!publishing_.joinable()) return failure_;
  layers_.patience.limit(kExportPatience, time);
  root_.patience.limit(kExportPatience, time + kRootAltogether);
  Patience::Waiting forLayers(layers_.patience), forRoot(root_.patience);
  publishing_.join();
  std::lock_guard lock(mutex_);
  return failure_ ? failure_ : skipped_;
}

CacheExport::Sums CacheExport::sums() {
  std::lock_guard lock(mutex_);
  return sums_;
}

}  // namespace strata::builder

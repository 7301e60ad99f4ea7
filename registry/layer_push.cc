#include "registry/layer_push.h"

#include "layerfs/outline_tail.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::registry {

namespace {
using layerfs::Compression;
using layerfs::Descriptor;
using layerfs::LayerBlob;

constexpr uint64_t kSmall = 1 << 20;  // bytes of tar: what a request costs counts more than what is compressed in vain

/// Passes bytes on and tells how many.
class ToldSink : public ByteSink {
public:
  ToldSink(ByteSink& sink, ProgressSink& progress, uint32_t step, uint64_t total, uint64_t done)
      : sink_(sink), progress_(progress), step_(step), total_(total), done_(done) {}
  llvm::Error write(llvm::StringRef bytes) override {
    done_ += bytes.size();
    if (done_ - told_ >= kTellEvery) tell();
    return sink_.write(bytes);
  }
  llvm::MutableArrayRef<char> room() override { return sink_.room(); }
  void tell() {
    told_ = done_;
    progress_.onProgress({.step = step_, .done = done_, .total = total_, .detail = "pushing"});
  }

private:
  static constexpr uint64_t kTellEvery = 1 << 20;
  ByteSink& sink_;
  ProgressSink& progress_;
  uint32_t step_;
  uint64_t total_, done_, told_ = 0;
};

/// Tells a fault of the place that is read from one of the place that is written to.
class Origin {
public:
  explicit Origin(Repository& repository, const Descriptor& blob) : repository_(repository), blob_(blob) {}
  llvm::Expected<std::unique_ptr<ByteSource>> open() {
    auto source = repository_.openBlob(blob_);
    if (!source) return noted(source.takeError());
    return std::make_unique<Watched>(*this, std::move(*source));
  }
  bool hasFailed() const { return hasFailed_; }

private:
  class Watched : public ByteSource {
  public:
    Watched(Origin& origin, std::unique_ptr<ByteSource> source) : origin_(origin), source_(std::move(source)) {}
    llvm::Expected<size_t> read(char* buffer, size_t size) override {
      auto got = source_->read(buffer, size);
      if (!got) return origin_.noted(got.takeError());
      return got;
    }

  private:
    Origin& origin_;
    std::unique_ptr<ByteSource> source_;
  };
  llvm::Error noted(llvm::Error error) {
    hasFailed_ = true;
    return error;
  }

  Repository& repository_;
  const Descriptor& blob_;
  bool hasFailed_ = false;
};

/// The same blob under the name that the manifest's family has for it.
Descriptor named(Descriptor blob, layerfs::MediaFamily family) {
  blob.mediaType = layerfs::layerMediaType(family, layerfs::compressionOf(blob.mediaType)).str();
  layerfs::keepOutlineTail(blob);
  return blob;
}
}  // namespace

/// `isOwn`: the blob that the layer came as, which is kept as it is unless another form is forced.
bool LayerPush::mayServe(const Descriptor& blob, bool isOwn) const {
  Compression kind = layerfs::compressionOf(blob.mediaType);
  return kind == choice_.compression.kind || (isOwn && !choice_.force);
}

llvm::Expected<Descriptor> LayerPush::push(layerfs::Layer& layer) {
  auto identity = layer.tarIdentity();
  if (!identity) return identity.takeError();
  uint32_t step = begin(identity->diffId);
  auto sent = pushUnseen(layer, step);
  if (!sent) {
    auto error = sent.takeError();
    FaultKind kind = kindOf(error);
    std::string message = messageOf(std::move(error));
    if (causes_.isNew(kind, message))
      progress_.onStep({.step = step, .state = StepState::Failed, .text = message});
    else
      progress_.onStep({.step = step, .state = StepState::Cancelled});
    return fault(kind, message);
  }
  return finish(layer, identity->diffId, step, std::move(*sent));
}

llvm::Expected<std::optional<std::vector<Descriptor>>> LayerPush::takeKnown(llvm::ArrayRef<layerfs::Layer*> layers,
                                                                            IsThere isThere) {
  std::vector<Sent> known;
  std::vector<layerfs::DiffId> diffIds;
  std::vector<Descriptor> blobs;
  for (layerfs::Layer* layer : layers) {
    auto identity = layer->tarIdentity();
    if (!identity) return identity.takeError();
    auto candidates = blobsFor(*layer, identity->diffId);
    if (!candidates) return candidates.takeError();
    if (candidates->empty()) return std::nullopt;
    diffIds.push_back(identity->diffId);
    known.push_back(sentAs(candidates->front(), Way::Exists));
    layerfs::takeOutlineTail(blobs.emplace_back(known.back().blob), layer->toldBlob());
  }
  auto there = isThere(blobs);
  if (!there) return there.takeError();
  if (!*there) return std::nullopt;
  for (auto [layer, diffId, sent] : llvm::zip(layers, diffIds, known))
    if (auto blob = finish(*layer, diffId, begin(diffId), std::move(sent)); !blob) return blob.takeError();
  return blobs;
}

uint32_t LayerPush::begin(const layerfs::DiffId& diffId) {
  uint32_t step = steps_++;
  progress_.onStep({.step = step, .state = StepState::Started, .name = "[push] " + diffId.digest.shortHex()});
  return step;
}

llvm::Expected<Descriptor> LayerPush::finish(layerfs::Layer& layer, const layerfs::DiffId& diffId, uint32_t step,
                                             Sent sent) {
  std::string place = repository_.reference().repository();
  if (auto error = layers_.blobs().put(diffId, LayerBlob{sent.blob, place, sent.verified})) return error;
  switch (sent.way) {
    case Way::Exists:
      progress_.onStep({.step = step, .state = StepState::Cached, .text = "Layer already exists"});
      break;
    case Way::Mounted:
      progress_.onStep({.step = step, .state = StepState::Cached, .text = "Mounted from " + sent.from});
      break;
    case Way::Sent:
      progress_.onStep({.step = step, .state = StepState::Done, .text = "Pushed"});
      break;
  }
  layerfs::takeOutlineTail(sent.blob, layer.toldBlob());
  return std::move(sent.blob);
}

llvm::Expected<LayerPush::Sent> LayerPush::pushUnseen(layerfs::Layer& layer, uint32_t step) {
  auto identity = layer.tarIdentity();
  if (!identity) return identity.takeError();
  auto known = tryKnown(layer, identity->diffId, step);
  if (!known) return known.takeError();
  if (*known) return std::move(**known);
  return compressAndSend(layer, step);
}

LayerPush::Sent LayerPush::sentAs(const LayerBlob& blob, Way way, std::string from) const {
  return {named(blob.descriptor, choice_.family), way, std::move(from), blob.verified};
}

/// Blobs that somebody has, or had, of this layer, and that may stand for it: the one that it came as before others.
llvm::Expected<std::vector<LayerBlob>> LayerPush::blobsFor(const layerfs::Layer& layer, const layerfs::DiffId& diffId) {
  auto blobs = layers_.blobs().find(diffId);
  if (!blobs) return blobs.takeError();
  std::optional<Descriptor> own = layer.cameAs(), told = layer.toldBlob();
  bool isAway = layer.form() == layerfs::LayerForm::Remote;
  auto isOwn = [&](const LayerBlob& blob) { return own && blob.descriptor.digest == own->digest; };
  llvm::erase_if(*blobs, [&](const LayerBlob& blob) {
    bool isTold = isAway && told && blob.descriptor.digest == told->digest;
    return (!blob.verified && !isTold) || !mayServe(blob.descriptor, isOwn(blob));
  });
  llvm::stable_sort(*blobs, [&](const LayerBlob& a, const LayerBlob& b) { return isOwn(a) > isOwn(b); });
  return blobs;
}

llvm::Expected<std::optional<LayerPush::Sent>> LayerPush::tryKnown(layerfs::Layer& layer, const layerfs::DiffId& diffId,
                                                                   uint32_t step) {
  auto blobs = blobsFor(layer, diffId);
  if (!blobs) return blobs.takeError();
  std::vector<Digest> asked;
  for (const LayerBlob& blob : *blobs) {
    if (llvm::is_contained(asked, blob.descriptor.digest)) continue;
    asked.push_back(blob.descriptor.digest);
    auto there = repository_.hasBlob(blob.descriptor.digest);
    if (!there) return there.takeError();
    if (*there) return sentAs(blob, Way::Exists);
  }
  for (const LayerBlob& blob : *blobs) {
    if (llvm::StringRef(blob.place).starts_with("/")) continue;
    auto from = parseReference(blob.place);
    if (!from) return from.takeError();
    if (from->domain != repository_.reference().domain || from->path == repository_.reference().path) continue;
    auto mounted = repository_.mountBlob(blob.descriptor.digest, from->path);
    if (!mounted) {
      auto error = mounted.takeError();
      if (kindOf(error) == FaultKind::Cancelled || kindOf(error) == FaultKind::Unavailable) return error;
      llvm::consumeError(std::move(error));  // a place that is closed to us: the blob is sent
      continue;
    }
    if (*mounted) return sentAs(blob, Way::Mounted, from->familiarRepository());
  }
  if (layer.form() != layerfs::LayerForm::Remote) return std::nullopt;
  for (const LayerBlob& blob : *blobs) {
    auto copied = copyThrough(blob, step);
    if (!copied) return copied.takeError();
    if (*copied) return sentAs(blob, Way::Sent);
  }
  return std::nullopt;
}

/// From one registry into the other, without looking into it. False where the other one does not give it, for whatever
/// reason: another place may, or the store.
llvm::Expected<bool> LayerPush::copyThrough(const LayerBlob& blob, uint32_t step) {
  if (llvm::StringRef(blob.place).starts_with("/")) return false;  // the store brings it, and we compress it anew
  auto from = parseReference(blob.place);
  if (!from) return from.takeError();
  auto source = client_.repository(*from);
  if (!source) {  // blocked
    llvm::consumeError(source.takeError());
    return false;
  }
  progress_.onProgress({.step = step, .done = 0, .total = blob.descriptor.size, .detail = "copying"});
  Origin origin(**source, blob.descriptor);
  auto error = repository_.sendBlob(blob.descriptor, [&] { return origin.open(); });
  if (!error) return true;
  if (!origin.hasFailed() || kindOf(error) == FaultKind::Cancelled) return error;
  llvm::consumeError(std::move(error));
  return false;
}

llvm::Expected<LayerPush::Sent> LayerPush::compressAndSend(layerfs::Layer& layer, uint32_t step) {
  if (auto error = layer.bring()) return error;
  auto identity = layer.tarIdentity();
  if (!identity) return identity.takeError();
  auto tail = layerfs::makeOutlineTail(layer, choice_.compression.kind);
  if (!tail) return tail.takeError();
  auto sent = [&]() -> llvm::Expected<Sent> {
    if (identity->size <= kSmall) {
      StringSink compressed;
      if (auto error = compress(layer, step, *tail, compressed)) return error;
      return sendSmall(std::move(compressed.text));
    }
    auto blob = repository_.pushStream([&](ByteSink& sink) { return compress(layer, step, *tail, sink); });
    if (!blob) return blob.takeError();
    return Sent{.blob = std::move(*blob), .from = {}};
  }();
  if (!sent) return sent;
  layerfs::noteOutlineTail(sent->blob, *tail);
  sent->blob.mediaType = layerfs::layerMediaType(choice_.family, choice_.compression.kind).str();
  return sent;
}

llvm::Error LayerPush::compress(layerfs::Layer& layer, uint32_t step, llvm::StringRef tail, ByteSink& sink) {
  auto identity = layer.tarIdentity();
  if (!identity) return identity.takeError();
  auto place = layer.keptBlocks();
  if (!place) return place.takeError();
  auto compressor = layerfs::makeCompressor(choice_.compression, sink, 0, *place);
  auto kept = compressor->takeKept();
  if (!kept) return kept.takeError();
  ToldSink told(*compressor, progress_, step, identity->size, *kept);
  if (auto error = layer.writeTar(told, *kept)) return error;
  told.tell();
  if (auto error = compressor->finish()) return error;
  return sink.write(tail);
}

/// Its digest is known before anything is sent, so that it need not be where others have pushed the same.
llvm::Expected<LayerPush::Sent> LayerPush::sendSmall(std::string compressed) {
  Sent sent{.blob = {.digest = digestOf(compressed), .size = compressed.size()}, .from = {}};
  auto there = repository_.hasBlob(sent.blob.digest);
  if (!there) return there.takeError();
  if (*there) {
    sent.way = Way::Exists;
    return sent;
  }
  auto error = repository_.sendBlob(sent.blob, [&]() -> llvm::Expected<std::unique_ptr<ByteSource>> {
    return std::make_unique<StringSource>(compressed);
  });
  if (error) return error;
  return sent;
}

llvm::Error LayerPush::pushConfig(llvm::StringRef text) {
  return repository_.pushBlob({.digest = digestOf(text), .size = text.size()}, text);
}

}  // namespace strata::registry

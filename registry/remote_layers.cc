#include "registry/remote_layers.h"

#include "layerfs/blob_file.h"
#include "registry/at_once.h"
#include "support/fault.h"

namespace strata::registry {

namespace {
/// Tells how far a blob has come.
class WatchedSource : public ByteSource {
public:
  WatchedSource(std::unique_ptr<ByteSource> source, ProgressSink& progress, uint32_t step, uint64_t total)
      : source_(std::move(source)), progress_(progress), step_(step), total_(total) {}
  ~WatchedSource() override {
    if (!ended_) progress_.onStep({.step = step_, .state = StepState::Failed, .text = "not brought"});
  }

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    auto got = source_->read(buffer, size);
    if (!got || ended_) return got;
    done_ += *got;
    if (*got == 0) {
      ended_ = true;
      progress_.onStep({.step = step_, .state = StepState::Done});
    } else if (done_ - told_ >= kTellEvery || done_ == total_) {
      told_ = done_;
      progress_.onProgress({.step = step_, .done = done_, .total = total_, .detail = "pulling"});
    }
    return got;
  }

private:
  static constexpr uint64_t kTellEvery = 1 << 20;
  std::unique_ptr<ByteSource> source_;
  ProgressSink& progress_;
  uint32_t step_;
  uint64_t total_, done_ = 0, told_ = 0;
  bool ended_ = false;
};

bool isDirectory(llvm::StringRef place) { return place.starts_with("/"); }
}  // namespace

llvm::Expected<Repository*> RemoteLayers::repositoryOf(const layerfs::LayerBlob& blob) {
  auto reference = parseReference(blob.place);
  if (!reference) return reference.takeError();
  return client_().repository(*reference);
}

llvm::Expected<std::unique_ptr<ByteSource>> RemoteLayers::openUnseen(const layerfs::LayerBlob& blob) {
  if (isDirectory(blob.place)) return layerfs::openBlobFile(blob.place, blob.descriptor);
  auto repository = repositoryOf(blob);
  if (!repository) return repository.takeError();
  return (*repository)->openBlob(blob.descriptor);
}

/// Small and soon there: no step of the progress.
llvm::Expected<std::unique_ptr<ByteSource>> RemoteLayers::openEnd(const layerfs::LayerBlob& blob, uint64_t begin,
                                                                  const Digest& digest) {
  if (isDirectory(blob.place)) return fault(FaultKind::Unsupported, blob.place + " gives whole blobs only");
  auto repository = repositoryOf(blob);
  if (!repository) return repository.takeError();
  return (*repository)->openBlobEnd(blob.descriptor, begin, digest);
}

llvm::Expected<std::unique_ptr<ByteSource>> RemoteLayers::open(const layerfs::LayerBlob& blob) {
  auto source = openUnseen(blob);
  if (!source) return source;
  uint32_t step = steps_++;
  ProgressSink& progress = *progress_;
  std::string name = "[pull] " + blob.place + " " + blob.descriptor.digest.shortHex();
  progress.onStep({.step = step, .state = StepState::Started, .name = name});
  return std::make_unique<WatchedSource>(std::move(*source), progress, step, blob.descriptor.size);
}

llvm::Error bringLayers(llvm::ArrayRef<std::shared_ptr<layerfs::Layer>> layers) {
  llvm::SmallVector<layerfs::Layer*> away;
  for (const std::shared_ptr<layerfs::Layer>& layer : layers)
    if (layer->form() == layerfs::LayerForm::Remote) away.push_back(layer.get());
  return atOnce(away.size(), [&](size_t i) { return away[i]->bring(); });
}

}  // namespace strata::registry

#include "analyzer/image/image_source.h"

#include "support/fault.h"

namespace strata::analyzer {

namespace {
using layerfs::Layer;
using layerfs::LayerBlob;

/// Of the blobs that hold a layer compressed, the one heard of last; the tar itself is none.
std::optional<uint64_t> compressedSize(Layer& layer, const layerfs::DiffId& diffId, layerfs::LayerBlobs& blobs) {
  if (auto blob = layer.cameAs(); blob && blob->digest != diffId.digest) return blob->size;
  auto known = blobs.find(diffId);
  if (!known) {
    llvm::consumeError(known.takeError());  // a size that is nice to know
    return std::nullopt;
  }
  for (const LayerBlob& blob : *known)
    if (blob.descriptor.digest != diffId.digest) return blob.descriptor.size;
  return std::nullopt;
}

class StoredImage : public ImageSource {
public:
  StoredImage(ImageFacts facts, std::vector<std::shared_ptr<Layer>> layers)
      : ImageSource(std::move(facts)), layers_(std::move(layers)) {}

  llvm::Error walk(size_t layer, layerfs::EntryVisitor visit) override {
    if (auto error = bring(layer)) return error;
    return layers_[layer]->walk(visit);
  }

  bool isStreamed() const override { return false; }
  llvm::Expected<std::unique_ptr<layerfs::LayerReader>> reader(size_t layer) override {
    return layers_[layer]->reader();
  }

private:
  llvm::Error bring(size_t layer) {
    if (facts_.layers[layer].tarBytes) return llvm::Error::success();
    if (auto error = layers_[layer]->bring()) return error;
    auto identity = layers_[layer]->tarIdentity();
    if (!identity) return identity.takeError();
    facts_.layers[layer].tarBytes = identity->size;
    return llvm::Error::success();
  }

  std::vector<std::shared_ptr<Layer>> layers_;
};
}  // namespace

llvm::Expected<std::unique_ptr<ImageSource>> openStoredImage(const layerfs::Image& image, layerfs::LayerStore& layers) {
  ImageFacts facts = factsOf(image.id, image.config);
  if (facts.layers.size() != image.layers.size())
    return fault(FaultKind::Corrupt, "image " + image.id.str() + " has " + llvm::Twine(image.layers.size()) +
                                         " layers, its configuration names " + llvm::Twine(facts.layers.size()));
  facts.manifest = image.manifest;
  facts.names = image.names;
  for (size_t position = 0; position < image.layers.size(); ++position) {
    Layer& layer = *image.layers[position];
    auto identity = layer.tarIdentity();
    if (!identity) return withContext(identity.takeError(), "layer " + llvm::Twine(position + 1));
    LayerFacts& known = facts.layers[position];
    if (layer.form() != layerfs::LayerForm::Remote) known.tarBytes = identity->size;
    known.stored = layer.id();
    known.compressedBytes = compressedSize(layer, identity->diffId, layers.blobs());
  }
  return std::make_unique<StoredImage>(std::move(facts), image.layers);
}

}  // namespace strata::analyzer

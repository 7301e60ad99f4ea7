#include "analyzer/image/streamed_source.h"

#include "layerfs/decompression.h"
#include "support/fault.h"

namespace strata::analyzer {

namespace {
class StreamedImage : public ImageSource {
public:
  StreamedImage(ImageFacts facts, OpenBlob open, std::vector<std::shared_ptr<layerfs::Layer>> here)
      : ImageSource(std::move(facts)), open_(std::move(open)), here_(std::move(here)) {
    here_.resize(facts_.layers.size());
  }

  llvm::Error walk(size_t layer, layerfs::EntryVisitor visit) override {
    if (here_[layer]) return walkHere(layer, visit);
    auto blob = open_(layer);
    if (!blob) return blob.takeError();
    auto plain = layerfs::decompressed(**blob);
    if (!plain) return plain.takeError();
    HashingSource tar(**plain);
    if (auto error = layerfs::readLayerTar(tar, visit)) return error;
    // The padding behind the end is part of the tar, and what follows the tar part of the blob.
    if (auto rest = skipRest(tar); !rest) return rest.takeError();
    if (auto rest = skipRest(**blob); !rest) return rest.takeError();
    LayerFacts& known = facts_.layers[layer];
    Digest found = tar.finish();
    if (found != known.diffId)
      return fault(FaultKind::Corrupt, "its digest is " + found.str() + " instead of " + known.diffId.str());
    known.tarBytes = tar.size();
    return llvm::Error::success();
  }

  bool isStreamed() const override { return true; }
  llvm::Expected<std::unique_ptr<layerfs::LayerReader>> reader(size_t) override {
    return fault(FaultKind::Unsupported, "the layer can only be streamed");
  }

private:
  llvm::Error walkHere(size_t layer, layerfs::EntryVisitor visit) {
    auto identity = here_[layer]->tarIdentity();
    if (!identity) return identity.takeError();
    facts_.layers[layer].tarBytes = identity->size;
    return here_[layer]->walk(visit);
  }

  OpenBlob open_;
  std::vector<std::shared_ptr<layerfs::Layer>> here_;  ///< by position; null: it has to be opened
};
}  // namespace

std::unique_ptr<ImageSource> makeStreamedImage(ImageFacts facts, OpenBlob open,
                                               std::vector<std::shared_ptr<layerfs::Layer>> here) {
  return std::make_unique<StreamedImage>(std::move(facts), std::move(open), std::move(here));
}

}  // namespace strata::analyzer

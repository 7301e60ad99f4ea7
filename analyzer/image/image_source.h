#pragma once
/// \file What can be analysed: an image of the local store, an archive, a layout, an image that a registry has. All of
/// them tell the same: documents at once, the files of a layer when somebody walks over them.

#include "layerfs/image_store.h"
#include "layerfs/layer_reader.h"
#include "layerfs/layer_tar.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// One layer, as far as it is known without reading it.
struct LayerFacts {
  Digest diffId;
  std::optional<uint64_t> tarBytes;         ///< of the uncompressed tar; of a streamed layer known after a walk
  std::optional<uint64_t> compressedBytes;  ///< of the blob that somebody else has of it, or that the archive holds
  layerfs::LayerId stored;                  ///< of a layer of the local store; 0: it is none
  std::string createdBy;                    ///< of the history entry that made it, as written; may be empty
};

struct ImageFacts {
  Digest id;                       ///< of the configuration
  Digest manifest;                 ///< none where there is none, as in docker's archives
  std::vector<std::string> names;  ///< may be empty
  layerfs::ImageConfig config;
  std::vector<LayerFacts> layers;  ///< bottom first
};

/// Made by openStoredImage(), openArchiveImage() (archive_source.h) and makeStreamedImage() (streamed_source.h). For
/// one thread, what reader() gives excepted.
class ImageSource {
public:
  virtual ~ImageSource() = default;
  const ImageFacts& facts() const { return facts_; }
  size_t layerCount() const { return facts_.layers.size(); }

  /// Every entry of the layer with its content, which costs nothing where it is not read. In pathLess order, the root
  /// first; of a streamed layer in the order of its tar, in which paths may come again and parents may be missing. May
  /// be called again, at the price of reading again. Faults: those of the place; Corrupt for a layer that is not what
  /// its digest says; Invalid for what is no layer.
  [[nodiscard]] virtual llvm::Error walk(size_t layer, layerfs::EntryVisitor visit) = 0;
  /// True: every byte of a layer passes in each walk over it, and whoever wants contents had better read them there.
  virtual bool isStreamed() const = 0;
  /// The layer file by file, for any thread, of an image that is not streamed: contents can be read at any place.
  virtual llvm::Expected<std::unique_ptr<layerfs::LayerReader>> reader(size_t layer) = 0;

protected:
  explicit ImageSource(ImageFacts facts) : facts_(std::move(facts)) {}
  ImageFacts facts_;
};

/// Facts of a configuration: a layer for each diffID, with the history entry that made it.
ImageFacts factsOf(const Digest& id, layerfs::ImageConfig config);

/// An image of the store; tars are read through their indexes, nothing is unpacked. Layers that are elsewhere are
/// brought when they are walked over. Borrows the store's `layers`.
llvm::Expected<std::unique_ptr<ImageSource>> openStoredImage(const layerfs::Image& image, layerfs::LayerStore& layers);

}  // namespace strata::analyzer

#pragma once
/// \file Files of one layer by their paths in the tree.

#include "analyzer/image/image_tree.h"
#include "layerfs/layer_reader.h"

#include <llvm/Support/Error.h>

namespace strata::analyzer {

/// Neighbours cost one look-up. For one thread; borrows tree and reader.
class FileFinder {
public:
  FileFinder(const ImageTree& tree, const layerfs::LayerReader& reader) : tree_(tree), reader_(reader) {}

  /// Faults: Corrupt where the layer has no such file any more; those of the reader.
  llvm::Expected<layerfs::LayerReader::File> open(ImageTree::PathId path);

private:
  llvm::Expected<layerfs::LayerReader::Place> find(ImageTree::PathId path);
  llvm::Expected<layerfs::LayerReader::Place> findIn(const layerfs::LayerReader::Place& directory,
                                                     ImageTree::PathId path);

  const ImageTree& tree_;
  const layerfs::LayerReader& reader_;
  ImageTree::PathId directory_ = ImageTree::kNone;
  layerfs::LayerReader::Place place_;
};

}  // namespace strata::analyzer

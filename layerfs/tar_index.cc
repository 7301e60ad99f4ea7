#include "layerfs/tar_index.h"

#include "layerfs/layer_tar.h"

namespace strata::layerfs {

llvm::Error indexTar(ByteSource& source, LayerIndex& index) {
  auto scanned =
      scanLayerTar(source, [&](const LayerEntry& entry, const TarPlace& place) { return index.add(entry, place); });
  if (scanned) return scanned;
  return skipRest(source).takeError();  // the padding after the end is part of the tar, and of its digest
}

}  // namespace strata::layerfs

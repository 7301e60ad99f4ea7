#include "layerfs/layer_tar.h"
#include "layerfs/tree_writer.h"

namespace strata::layerfs {

llvm::Error unpackLayerTar(ByteSource& source, const std::string& directory) {
  auto writer = TreeWriter::open(directory, Removals::Marked);
  if (!writer) return writer.takeError();
  auto error =
      readLayerTar(source, [&](const LayerEntry& entry, ByteSource& content) { return writer->add(entry, content); });
  if (error) return error;
  return writer->finish();
}

}  // namespace strata::layerfs

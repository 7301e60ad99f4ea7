#include "layerfs/tar_index.h"

#include "layerfs/layer_tar.h"

namespace strata::layerfs {

namespace {
/// The padding after the end is part of the tar, and of its digest.
llvm::Error drain(ByteSource& source) {
  std::vector<char> buffer(kCopyBuffer);
  for (;;) {
    auto got = source.read(buffer.data(), buffer.size());
    if (!got) return got.takeError();
    if (*got == 0) return llvm::Error::success();
  }
}
}  // namespace

llvm::Error indexTar(ByteSource& source, LayerIndex& index) {
  auto scanned =
      scanLayerTar(source, [&](const LayerEntry& entry, const TarPlace& place) { return index.add(entry, place); });
  return scanned ? std::move(scanned) : drain(source);
}

}  // namespace strata::layerfs

#include "builder/copy/copy.h"
#include "builder/copy/copy_items.h"

namespace strata::builder {

llvm::Expected<CopyResult> writeCopy(const CopyRequest& request, const DestinationFacts& facts, int file,
                                     layerfs::LayerIndex& index, layerfs::Layer::TarIdentity& identity,
                                     const CancelToken& cancel) {
  std::optional<CopyTargets> targets;
  if (!changesNothing(request, facts)) {
    auto made = makeTargets(request, facts, 0, request.selection.sources.size(), /*withInlineFiles=*/true);
    if (!made) return made.takeError();
    targets = std::move(*made);
  }
  CopyItems items(request, facts, targets ? &*targets : nullptr);
  auto written = layerfs::writeTar([&] { return items.next(); }, file, index, cancel);
  if (!written) return written.takeError();
  identity = {layerfs::DiffId{written->digest}, written->size};
  return items.result();
}

}  // namespace strata::builder

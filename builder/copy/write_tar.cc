#include "builder/copy/copy.h"
#include "builder/copy/copy_items.h"

namespace strata::builder {

llvm::Expected<CopiedTar> writeCopy(const CopyRequest& request, const DestinationFacts& facts, int file,
                                    EarlierLayers* earlier, const CancelToken& cancel) {
  std::optional<CopyTargets> targets;
  if (!changesNothing(request, facts)) {
    auto made = makeTargets(request, facts, 0, request.selection.sources.size(), /*withInlineFiles=*/true);
    if (!made) return made.takeError();
    targets = std::move(*made);
  }
  CopiedTar copied;
  CopyItems items(request, facts, targets ? &*targets : nullptr, earlier, copied.files);
  auto written = layerfs::writeTar([&] { return items.next(); }, file, copied.index, cancel);
  if (!written) return written.takeError();
  copied.identity = {layerfs::DiffId{written->digest}, written->size};
  copied.result = items.result();
  return copied;
}

}  // namespace strata::builder

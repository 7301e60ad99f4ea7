#include "builder/copy/copy.h"
#include "builder/copy/copy_items.h"

namespace strata::builder {

namespace {
/// All targets of a copy; nothing where it leaves all as it is.
llvm::Expected<std::optional<CopyTargets>> targetsOf(const CopyRequest& request, const DestinationFacts& facts) {
  if (changesNothing(request, facts)) return std::nullopt;
  auto made = makeTargets(request, facts, 0, request.selection.sources.size(), /*withInlineFiles=*/true);
  if (!made) return made.takeError();
  return std::move(*made);
}
}  // namespace

llvm::Expected<CopiedTar> writeCopy(const CopyRequest& request, const DestinationFacts& facts, int file,
                                    EarlierLayers* earlier, const CancelToken& cancel) {
  auto targets = targetsOf(request, facts);
  if (!targets) return targets.takeError();
  CopiedTar copied;
  CopyItems items(request, facts, *targets ? &**targets : nullptr, earlier, copied.files);
  const layerfs::KnownTar* like = earlier ? earlier->likely(request.selection) : nullptr;
  auto written = layerfs::writeTar([&] { return items.next(); }, file, copied.index, cancel, like);
  if (!written) return written.takeError();
  copied.identity = {layerfs::DiffId{written->digest}, written->size};
  copied.history = {.states = std::move(written->states), .like = {}, .alike = written->alike};
  if (like) copied.history.like = like->digest;
  copied.result = items.result();
  return copied;
}

llvm::Expected<std::optional<CopyResult>> givesTar(const CopyRequest& request, const DestinationFacts& facts,
                                                   const layerfs::KnownTar& tar, const CancelToken& cancel) {
  auto targets = targetsOf(request, facts);
  if (!targets) return targets.takeError();
  std::deque<CopiedFile> files;
  CopyItems items(request, facts, *targets ? &**targets : nullptr, /*earlier=*/nullptr, files);
  auto same = layerfs::givesTar([&] { return items.next(); }, tar, cancel);
  if (!same) return same.takeError();
  return *same ? std::optional(items.result()) : std::nullopt;
}

}  // namespace strata::builder

#include "builder/copy/earlier_layers.h"

namespace strata::builder {

std::optional<layerfs::StoredContent> EarlierLayers::find(const SourceTree& tree, const SourceNode& node) {
  Digest diffId = contents_ == Contents::Taken ? tree.storedIn(node) : Digest();
  if (!diffId) return std::nullopt;
  Tar& tar = tarOf(diffId);
  uint64_t offset = node.place.offset;
  if (offset > tar.known.size || tar.known.size - offset < node.entry.size) return std::nullopt;
  tar.passed.giveBack(tar.known.file.get(), offset);
  return layerfs::StoredContent{tar.known.file.get(), offset};
}

namespace {
constexpr uint64_t kHashedTwice = 8 << 20;

/// The first file in order that has a place.
const SourceNode* firstPlaced(const SourceNode& node) {
  if (node.place.layer != 0) return &node;
  for (const auto& child : node.children)
    if (const SourceNode* found = firstPlaced(*child)) return found;
  return nullptr;
}
}  // namespace

const layerfs::KnownTar* EarlierLayers::likely(const Selection& selection) {
  for (const SelectedSource& source : selection.sources) {
    const SourceNode* placed = firstPlaced(*source.node);
    if (!placed) continue;
    const layerfs::KnownTar& tar = tarOf(source.tree->storedIn(*placed)).known;
    bool isShort = tar.size <= kHashedTwice;  // no worse where the two part at the end and no state was kept
    return tar.file && (isShort || !tar.states.empty()) ? &tar : nullptr;
  }
  return nullptr;
}

/// What cannot be opened has no bytes: the files themselves are there to be read.
EarlierLayers::Tar& EarlierLayers::tarOf(const Digest& diffId) {
  auto [place, isNew] = tars_.try_emplace(diffId);
  if (!isNew) return place->second;
  auto layer = layers_.findByDiffId({diffId});
  if (!layer)
    llvm::consumeError(layer.takeError());
  else if (*layer)
    place->second.known = (*layer)->openTar();
  place->second.known.givesWay = contents_ == Contents::Read;  // else as contents are taken, wherever they stand
  return place->second;
}

}  // namespace strata::builder

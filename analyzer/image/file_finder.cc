#include "analyzer/image/file_finder.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <vector>

namespace strata::analyzer {

using layerfs::LayerReader;
using PathId = ImageTree::PathId;

llvm::Expected<LayerReader::File> FileFinder::open(PathId path) {
  PathId above = tree_.parentOf(path);
  if (above != directory_) {
    auto found = find(above);
    if (!found) return found.takeError();
    directory_ = above;
    place_ = std::move(*found);
  }
  auto found = findIn(place_, path);
  if (!found) return found.takeError();
  return reader_.load(*found);
}

llvm::Expected<LayerReader::Place> FileFinder::find(PathId path) {
  std::vector<PathId> parts;
  for (; path != ImageTree::kRoot; path = tree_.parentOf(path)) parts.push_back(path);
  LayerReader::Place place = reader_.root();
  for (PathId part : llvm::reverse(parts)) {
    auto found = findIn(place, part);
    if (!found) return found.takeError();
    place = std::move(*found);
  }
  return place;
}

llvm::Expected<LayerReader::Place> FileFinder::findIn(const LayerReader::Place& directory, PathId path) {
  auto found = reader_.find(directory, tree_.nameOf(path));
  if (!found) return found.takeError();
  if (!*found) return fault(FaultKind::Corrupt, tree_.pathOf(path) + " is no longer in its layer");
  return std::move(**found);
}

}  // namespace strata::analyzer

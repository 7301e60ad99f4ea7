#include "analyzer/image/efficiency.h"

#include <optional>

namespace strata::analyzer {

namespace {
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;
using PathId = ImageTree::PathId;

bool isEmptyIn(const ImageTree& tree, PathId directory, uint32_t layer) {
  for (PathId child = tree.firstChildOf(directory); child != ImageTree::kNone; child = tree.nextSiblingOf(child))
    if (tree.changeIn(child, layer) != ImageTree::kNone) return false;
  return true;
}

/// What the layer of this change gives the path; nothing: it is no path of its own there.
std::optional<uint64_t> sizeOf(const ImageTree& tree, const Change& change) {
  if (change.isRemoval()) {
    if (!change.marked) return std::nullopt;
    return tree.change(change.before).isDirectory() ? change.size : 0;
  }
  if (!change.isDirectory()) return change.size;
  return isEmptyIn(tree, change.path, change.layer) ? std::optional<uint64_t>(0) : std::nullopt;
}

/// Directories matter only where a whiteout gave them a size: looking into the others would cost and say nothing.
bool hasSizes(const ImageTree& tree, ChangeId last) {
  for (ChangeId id = last; id != ImageTree::kNone; id = tree.change(id).before)
    if (tree.change(id).size > 0) return true;
  return false;
}
}  // namespace

Efficiency efficiencyOf(const ImageTree& tree) {
  Efficiency result;
  uint64_t least = 0, all = 0;
  for (PathId path = 0; path < tree.pathCount(); ++path) {
    if (!hasSizes(tree, tree.lastChange(path))) continue;
    uint64_t sum = 0, smallest = UINT64_MAX, layers = 0;
    for (ChangeId id = tree.lastChange(path); id != ImageTree::kNone; id = tree.change(id).before) {
      auto size = sizeOf(tree, tree.change(id));
      if (!size) continue;
      sum += *size;
      smallest = std::min(smallest, *size);
      ++layers;
    }
    if (layers == 0) continue;
    least += smallest;
    all += sum;
    if (layers > 1) result.wastedBytes += sum;
  }
  if (all > 0) result.score = double(least) / double(all);
  for (ChangeId id = 0; id < tree.changeCount(); ++id) {
    const Change& change = tree.change(id);
    if (change.layer > 0 && change.isFile() && !change.isRemoval()) result.userBytes += change.size;
  }
  return result;
}

}  // namespace strata::analyzer

#include "analyzer/browser/tree_state.h"

namespace strata::analyzer {

namespace {
using ChangeId = ImageTree::ChangeId;
using PathId = ImageTree::PathId;

/// The last change of a path up to a layer; kNone where there is none.
ChangeId changeAt(const ImageTree& tree, PathId path, uint32_t layer) {
  ChangeId id = tree.lastChange(path);
  while (id != ImageTree::kNone && tree.change(id).layer > layer) id = tree.change(id).before;
  return id;
}

bool isThere(const ImageTree& tree, ChangeId id) { return id != ImageTree::kNone && !tree.change(id).isRemoval(); }

Mark markOf(const ImageTree& tree, ChangeId now, ChangeId before) {
  bool is = isThere(tree, now), was = isThere(tree, before);
  if (!is) return was ? Mark::Removed : Mark::Hidden;
  if (!was) return Mark::Added;
  bool same = now == before || tree.change(now).action == ImageTree::Action::Unchanged;
  return same ? Mark::Unmodified : Mark::Modified;
}

/// A directory that nobody names is what the things in it make of it.
Mark together(Mark directory, Mark child, bool named) {
  if (child == Mark::Hidden) return directory;
  if (directory == Mark::Hidden) return child;
  if (directory == child || (named && directory != Mark::Unmodified)) return directory;
  return Mark::Modified;
}
}  // namespace

TreeState stateOf(const ImageTree& tree, uint32_t layer, std::optional<uint32_t> earlier) {
  size_t count = tree.pathCount();
  TreeState state{.marks = std::vector<Mark>(count, Mark::Hidden),
                  .sizes = std::vector<uint64_t>(count),
                  .isDirectory = std::vector<bool>(count),
                  .changes = std::vector<ChangeId>(count, ImageTree::kNone)};
  for (PathId path = 0; path < count; ++path) {
    ChangeId now = changeAt(tree, path, layer);
    ChangeId before = earlier ? changeAt(tree, path, *earlier) : ImageTree::kNone;
    state.marks[path] = markOf(tree, now, before);
    ChangeId shown = state.marks[path] == Mark::Removed ? before : now;
    if (state.marks[path] == Mark::Hidden) continue;
    state.changes[path] = shown;
    state.isDirectory[path] = tree.change(shown).isDirectory();
    if (tree.change(shown).isFile()) state.sizes[path] = tree.change(shown).size;
  }
  for (PathId path = PathId(count); path-- > 1;) {  // children before their parents
    PathId parent = tree.parentOf(path);
    if (state.marks[path] == Mark::Hidden) continue;
    bool named = state.changes[parent] != ImageTree::kNone;
    state.marks[parent] = together(state.marks[parent], state.marks[path], named);
    if (!named) state.isDirectory[parent] = true;
    if (state.marks[path] != Mark::Removed || state.marks[parent] == Mark::Removed)
      state.sizes[parent] += state.sizes[path];
  }
  return state;
}

}  // namespace strata::analyzer

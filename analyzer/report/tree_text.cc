#include "analyzer/report/tree_text.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {

using Action = ImageTree::Action;
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;
using PathId = ImageTree::PathId;
using layerfs::EntryKind;

char markOf(Action action) {
  switch (action) {
    case Action::Added:
      return '+';
    case Action::Modified:
      return '~';
    case Action::Metadata:
      return '=';
    case Action::Removed:
      return '-';
    case Action::Unchanged:
      return ' ';
  }
  return ' ';
}

class Printer {
public:
  Printer(const ImageTree& tree, const TreeView& view) : tree_(tree), view_(view), shown_(tree.pathCount()) {
    sizes_ = view.layer ? tree.layerSizes(*view.layer) : tree.visibleSizes();
    for (PathId path = PathId(shown_.size()); path-- > 0;) {  // children before their parents
      shown_[path] = shown_[path] || changeOf(path) != ImageTree::kNone || (!view.layer && tree.isVisible(path));
      if (shown_[path] && path != ImageTree::kRoot) shown_[tree.parentOf(path)] = true;
    }
  }

  std::string run() {
    std::vector<std::pair<PathId, size_t>> todo{{ImageTree::kRoot, 0}};  // no recursion: a path may be deep
    while (!todo.empty()) {
      auto [path, level] = todo.back();
      todo.pop_back();
      line(path, level);
      if (view_.depth != 0 && level >= view_.depth) continue;
      std::vector<PathId> children = childrenOf(path);
      for (PathId child : llvm::reverse(children)) todo.push_back({child, level + 1});
    }
    return std::move(text_);
  }

private:
  ChangeId changeOf(PathId path) const {
    return view_.layer ? tree_.changeIn(path, *view_.layer) : tree_.visibleChange(path);
  }

  std::vector<PathId> childrenOf(PathId path) const {
    std::vector<PathId> children;
    for (PathId child = tree_.firstChildOf(path); child != ImageTree::kNone; child = tree_.nextSiblingOf(child))
      if (shown_[child]) children.push_back(child);
    llvm::sort(children, [&](PathId a, PathId b) {
      return sizes_[a] != sizes_[b] ? sizes_[a] > sizes_[b] : tree_.nameOf(a) < tree_.nameOf(b);
    });
    return children;
  }

  void line(PathId path, size_t level) {
    ChangeId id = changeOf(path);
    bool known = id != ImageTree::kNone;
    if (view_.layer) text_ += {known ? markOf(tree_.change(id).action) : ' ', ' '};
    bool gone = known && tree_.change(id).isRemoval();
    text_ += llvm::formatv("{0,8}  ", gone && sizes_[path] == 0 ? "" : humanSize(sizes_[path]));
    text_.append(2 * level, ' ');
    text_ += path == ImageTree::kRoot ? "/" : printable(tree_.nameOf(path));
    if (path != ImageTree::kRoot) text_ += endingOf(path, id);
    text_ += '\n';
  }

  /// As ls -F marks kinds.
  llvm::StringRef endingOf(PathId path, ChangeId id) const {
    if (id == ImageTree::kNone) return "/";
    switch (tree_.change(id).kind) {
      case EntryKind::Directory:
        return "/";
      case EntryKind::Symlink:
        return "@";
      case EntryKind::Hardlink:
        return " (hard link)";
      case EntryKind::Fifo:
        return "|";
      default:
        return "";
    }
  }

  const ImageTree& tree_;
  TreeView view_;
  std::vector<uint64_t> sizes_;
  std::vector<bool> shown_;
  std::string text_;
};

}  // namespace

std::string printTree(const ImageTree& tree, const TreeView& view) { return Printer(tree, view).run(); }

}  // namespace strata::analyzer

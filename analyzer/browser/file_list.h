#pragma once
/// \file The tree of files as a list of rows: what is folded, filtered and hidden, and in which order; where the reader
/// stands in it.

#include "analyzer/browser/screen.h"
#include "analyzer/browser/tree_state.h"

#include <set>
#include <string>
#include <vector>

namespace strata::analyzer {

class FileList {
public:
  /// Borrows the tree.
  explicit FileList(const ImageTree& tree) : tree_(tree) {}

  /// Another layer or another comparison; the reader stays at the same path, if it is there.
  void show(TreeState state);
  /// True if the key meant something.
  bool press(const Key& key, size_t rows);
  /// Only paths that have this in them, and the directories above; upper and lower case are one. Empty: all.
  void setFilter(llvm::StringRef part);
  const std::string& filter() const { return filter_; }

  /// One line a row, the chosen one in Style::Chosen where `focused`.
  std::vector<ScreenLine> draw(size_t columns, size_t rows, bool focused);
  std::string legend() const;  ///< what is hidden and how rows are sorted
  ImageTree::PathId chosen() const { return rows_.empty() ? ImageTree::kRoot : rows_[at_].path; }

private:
  struct Row {
    ImageTree::PathId path = 0;
    uint32_t depth = 0;
  };
  void list();
  std::vector<ImageTree::PathId> childrenOf(ImageTree::PathId path) const;
  bool isShown(ImageTree::PathId path) const;
  bool isFolded(ImageTree::PathId path) const { return filter_.empty() && folded_.count(path) > 0; }
  void findMatches();
  void fold();
  void foldAll();
  void toggle(Mark mark);
  void moveTo(size_t row) { at_ = rows_.empty() ? 0 : std::min(row, rows_.size() - 1); }
  ScreenLine lineOf(const Row& row, size_t columns, bool chosen) const;
  std::string attributesOf(ImageTree::PathId path) const;

  const ImageTree& tree_;
  TreeState state_;
  std::vector<Row> rows_;
  size_t at_ = 0, top_ = 0;  ///< the chosen row, and the first that is seen
  std::set<ImageTree::PathId> folded_;
  std::set<Mark> hidden_;
  std::string filter_;
  std::vector<bool> matches_;  ///< by path, where there is a filter
  bool bySize_ = false, attributes_ = true;
};

}  // namespace strata::analyzer

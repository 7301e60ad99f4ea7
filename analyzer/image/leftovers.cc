#include "analyzer/image/leftovers.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

#include <cassert>

namespace strata::analyzer {

namespace {
using PathId = ImageTree::PathId;

/// The table, by what a name has to be.
class Patterns {
public:
  explicit Patterns(llvm::ArrayRef<Leftover> table) {
    assert(table.size() < kNoLeftover);
    for (uint8_t row = 0; row < table.size(); ++row) {
      llvm::StringRef pattern = table[row].pattern, name = nameOf(pattern);
      if (name.contains('*'))
        shapes_.push_back({name.split('*').first, name.split('*').second, row});
      else
        byName_[name].push_back({pattern, row});
    }
  }

  uint8_t match(const ImageTree& tree, PathId path) const {
    llvm::StringRef name = tree.nameOf(path);
    if (auto named = byName_.find(name); named != byName_.end())
      for (const Pattern& pattern : named->second)
        if (agrees(tree, path, pattern.text) && mayBe(tree, path, leftoverTable()[pattern.row])) return pattern.row;
    for (const Shape& shape : shapes_)
      if (shape.matches(name)) return shape.row;
    return kNoLeftover;
  }

private:
  struct Pattern {
    llvm::StringRef text;
    uint8_t row;
  };
  /// Of a name.
  struct Shape {
    llvm::StringRef beginning, end;
    uint8_t row;
    bool matches(llvm::StringRef name) const {
      return name.size() > beginning.size() + end.size() && name.starts_with(beginning) && name.ends_with(end);
    }
  };
  static llvm::StringRef nameOf(llvm::StringRef pattern) { return pattern.rsplit('/').second; }

  /// From the last name up.
  static bool agrees(const ImageTree& tree, PathId path, llvm::StringRef pattern) {
    while (!pattern.empty() && pattern != "**") {
      if (path == ImageTree::kRoot) return false;
      auto [above, name] = pattern.rsplit('/');
      if (tree.nameOf(path) != name) return false;
      path = tree.parentOf(path);
      pattern = above;
    }
    return pattern == "**" || path == ImageTree::kRoot;
  }

  static bool mayBe(const ImageTree& tree, PathId path, const Leftover& row) {
    ImageTree::ChangeId last = row.isData ? tree.lastChange(path) : ImageTree::kNone;
    if (row.isData && (last == ImageTree::kNone || !tree.change(last).isFile() || (tree.change(last).mode & 0111) != 0))
      return false;
    llvm::SmallVector<llvm::StringRef, 4> names;
    row.unlessBelow.split(names, ' ', -1, false);
    while (!names.empty() && path != ImageTree::kRoot) {
      path = tree.parentOf(path);
      if (llvm::is_contained(names, tree.nameOf(path))) return false;
    }
    return true;
  }

  llvm::StringMap<llvm::SmallVector<Pattern, 2>> byName_;
  llvm::SmallVector<Shape, 16> shapes_;
};
}  // namespace

std::vector<uint8_t> leftoversIn(const ImageTree& tree) {
  Patterns patterns(leftoverTable());
  std::vector<uint8_t> rows(tree.pathCount(), kNoLeftover);
  for (PathId path = 1; path < rows.size(); ++path) {  // parents come before their children
    uint8_t above = rows[tree.parentOf(path)];
    rows[path] = above != kNoLeftover ? above : patterns.match(tree, path);
  }
  return rows;
}

}  // namespace strata::analyzer

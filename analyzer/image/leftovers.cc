#include "analyzer/image/leftovers.h"

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
      llvm::StringRef pattern = table[row].pattern;
      if (pattern.consume_front("**/*"))
        endings_.push_back({pattern, row});
      else
        byName_[nameOf(pattern)].push_back({pattern, row});
    }
  }

  uint8_t match(const ImageTree& tree, PathId path) const {
    llvm::StringRef name = tree.nameOf(path);
    if (auto named = byName_.find(name); named != byName_.end())
      for (const Pattern& pattern : named->second)
        if (agrees(tree, path, pattern.text)) return pattern.row;
    for (const Pattern& ending : endings_)
      if (name.size() > ending.text.size() && name.ends_with(ending.text)) return ending.row;
    return kNoLeftover;
  }

private:
  struct Pattern {
    llvm::StringRef text;
    uint8_t row;
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

  llvm::StringMap<llvm::SmallVector<Pattern, 2>> byName_;
  llvm::SmallVector<Pattern, 16> endings_;
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

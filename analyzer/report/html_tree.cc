#include "analyzer/report/html_tree.h"

#include <algorithm>
#include <map>

namespace strata::analyzer {

namespace {
using llvm::json::Array;
using llvm::json::Object;
using PathId = ImageTree::PathId;

class TreeJson {
public:
  explicit TreeJson(const ImageTree& tree)
      : tree_(tree), sizes_(tree.visibleSizes()), least_(std::max<uint64_t>(sizes_[ImageTree::kRoot] / 2000, 1)) {}

  Object of(PathId path) {
    Object object{{"name", llvm::json::fixUTF8(tree_.nameOf(path))}, {"bytes", int64_t(sizes_[path])}};
    auto change = tree_.visibleChange(path);
    bool isFile = change != ImageTree::kNone && !tree_.change(change).isDirectory();
    if (isFile)
      object["layer"] = tree_.change(change).layer;
    else
      object["children"] = childrenOf(path);
    return object;
  }

private:
  struct Rest {
    uint64_t bytes = 0, files = 0;
    std::map<uint32_t, uint64_t> byLayer;
  };

  Array childrenOf(PathId directory) {
    std::vector<PathId> large;
    Rest rest;
    for (PathId child = tree_.firstChildOf(directory); child != ImageTree::kNone; child = tree_.nextSiblingOf(child)) {
      if (sizes_[child] >= least_)
        large.push_back(child);
      else
        addTo(rest, child);
    }
    std::sort(large.begin(), large.end(), [&](PathId a, PathId b) {
      return sizes_[a] != sizes_[b] ? sizes_[a] > sizes_[b] : tree_.nameOf(a) < tree_.nameOf(b);
    });
    Array children;
    for (PathId child : large) children.push_back(of(child));
    if (rest.bytes > 0) children.push_back(together(rest));
    return children;
  }

  /// No deeper than names are long: a small directory's own small ones are few calls.
  void addTo(Rest& rest, PathId path) {
    auto change = tree_.visibleChange(path);
    if (change != ImageTree::kNone && tree_.change(change).isFile()) {
      rest.bytes += sizes_[path];
      rest.files += 1;
      rest.byLayer[tree_.change(change).layer] += sizes_[path];
    }
    for (PathId child = tree_.firstChildOf(path); child != ImageTree::kNone; child = tree_.nextSiblingOf(child))
      addTo(rest, child);
  }

  static Object together(const Rest& rest) {
    auto main = std::max_element(rest.byLayer.begin(), rest.byLayer.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; });
    return Object{{"name", ""}, {"bytes", int64_t(rest.bytes)}, {"layer", main->first}, {"more", int64_t(rest.files)}};
  }

  const ImageTree& tree_;
  std::vector<uint64_t> sizes_;
  uint64_t least_;
};
}  // namespace

llvm::json::Value htmlTree(const ImageTree& tree) { return TreeJson(tree).of(ImageTree::kRoot); }

}  // namespace strata::analyzer

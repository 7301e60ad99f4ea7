#pragma once
/// \file The union of a stack of layers, path by path, grown one layer at a time: what each layer adds, changes,
/// removes.

#include "layerfs/layer_entry.h"

#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace strata::analyzer {

/// Names, and for each what tells one state of it from another; no contents. About 100 bytes a path.
class LayerUnion {
public:
  struct Counts {
    uint64_t added = 0;     ///< paths that were not there
    uint64_t modified = 0;  ///< paths that were: files brought again, directories with another mode or owner
    uint64_t removed = 0;   ///< paths that are there no more, everything below a removed directory included
  };

  /// What follows belongs to the next layer up; its counts start at zero.
  void beginLayer();
  /// In any order within the layer: removals concern the layers below alone. Source: OCI image-spec v1.1, layer.md.
  void add(const layerfs::LayerEntry& entry);
  const Counts& counts() const { return counts_; }

private:
  struct Node {
    uint64_t state = 0;  ///< fingerprint of kind, mode and owner
    uint32_t layer = 0;  ///< the topmost that brought it, from 1
    std::unique_ptr<std::map<std::string, Node, std::less<>>> children;
  };
  Node* find(llvm::StringRef path);
  Node& obtain(llvm::StringRef path);
  void removeBelow(Node& directory);
  /// Paths at and below `node` that layers below brought; takes them out of it. True if nothing of it is left.
  bool takeOut(Node& node);
  void remove(llvm::StringRef path);

  Node root_;
  uint32_t layer_ = 0;
  Counts counts_;
};

}  // namespace strata::analyzer

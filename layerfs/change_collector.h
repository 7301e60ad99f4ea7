#pragma once
/// \file What changed in a tree of files since it was looked at, written down as a layer in overlay upper format.

#include "layerfs/layer_entry.h"

#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <string>
#include <vector>

namespace strata::layerfs {

class ChangeCollector {
public:
  /// Looks at the tree as it is now. Memory: one entry for each file.
  [[nodiscard]] llvm::Error remember(const std::string& tree);
  /// Replaces what is in `upper` by what is new or changed since then, whiteouts for what is gone, and the directories
  /// above them.
  /// A file counts as changed if its inode or its ctime did: a write with the time set back is seen, and so is a new
  /// hard link, as overlay copies up in both cases.
  [[nodiscard]] llvm::Error collect(const std::string& tree, const std::string& upper) const;

private:
  struct Seen {
    LayerEntry entry;
    dev_t device;
    ino_t inode;
    timespec changed;
  };
  friend class ChangeWriter;
  std::vector<Seen> seen_;  ///< in pathLess order
};

}  // namespace strata::layerfs

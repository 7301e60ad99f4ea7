#pragma once
/// \file Finding directories below a root as a process chrooted there would: links are followed, never out of the root.
/// Every step is one openat that follows nothing; links are read and followed by hand.

#include "support/unique_fd.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::layerfs {

class TreeCursor {
public:
  explicit TreeCursor(UniqueFd root) : root_(std::move(root)) {}

  struct Place {
    int fd = -1;       ///< open for reading; valid until the next call
    std::string real;  ///< the path without links, "" for the root
  };
  /// Makes the directory `name` in `above`; what is there is missing or no directory. `real` is its path without links.
  using MakeDirectory = llvm::function_ref<llvm::Error(int above, const std::string& name, const std::string& real)>;

  /// Directories near the last ones asked for cost one system call or none.
  /// Faults: NotFound if one is missing or no directory and `make` is null; Invalid for links in a circle.
  llvm::Expected<Place> directoryAt(llvm::StringRef path, MakeDirectory make = nullptr);

  /// Says that `fd` is the directory `path`, which saves finding it.
  void remember(std::string path, std::string real, UniqueFd fd);
  /// To be called when a directory or a link was removed.
  void forget() { levels_.clear(); }
  int root() const { return root_.get(); }

private:
  struct Level {
    std::string path, real;
    UniqueFd fd;
  };
  llvm::Expected<Level> descend(int from, std::string real, llvm::StringRef rest, MakeDirectory make) const;

  UniqueFd root_;
  std::vector<Level> levels_;  ///< each below the one before it
};

}  // namespace strata::layerfs

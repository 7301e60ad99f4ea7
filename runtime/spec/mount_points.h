#pragma once
/// \file Mount points that a root does not have: made for a run, taken away after it.

#include "support/unique_fd.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <string>
#include <vector>

namespace strata::runtime {

struct MountPoint {
  std::string path;  ///< absolute, in the root
  bool isDirectory = true;
};

/// The empty files and directories that had to be made. Symbolic links are followed inside the root only, also dangling
/// ones. The destructor removes what is still empty and gives the directories above their old times back, unless the
/// container itself has changed them: what was made here never becomes part of a layer.
class MountPoints {
public:
  /// Faults: Invalid for a path that a file or too many links stand in the way of; Denied; Io.
  static llvm::Expected<MountPoints> make(int rootFd, llvm::ArrayRef<MountPoint> wanted);
  MountPoints(MountPoints&&) = default;
  MountPoints& operator=(MountPoints&&) = delete;
  ~MountPoints();

private:
  struct Made {
    UniqueFd above;
    std::string name;
    bool isDirectory = true;
    timespec before{}, after{};  ///< when `above` was last modified, without and with the new entry
  };
  MountPoints() = default;
  [[nodiscard]] llvm::Error makeOne(int rootFd, const MountPoint& wanted);
  [[nodiscard]] llvm::Error makeEntry(int rootFd, const std::string& above, const std::string& name, bool isDirectory);
  std::vector<Made> made_;
};

}  // namespace strata::runtime

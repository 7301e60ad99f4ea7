#pragma once
/// \file Where a path of a command line leads: on the host, or in a container, whose links and ".." never lead out of
/// it.

#include "layerfs/layer_stack.h"
#include "support/unique_fd.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <optional>
#include <string>

namespace strata::runtime {

struct PathEnd {
  UniqueFd directory;                 ///< that has it, open with O_PATH
  std::string name;                   ///< in that directory; "." where the path is a root
  std::optional<struct stat> status;  ///< of what is there, a link where it was to be kept; nothing: nothing is there
  std::string base;                   ///< the last name as it was typed, "" for a root
  bool wantsDirectory = false;        ///< it ends in "/" or "/."
  bool wantsContents = false;         ///< it ends in "/.", or is a root: what is in the directory, not it

  bool isDirectory() const { return status && S_ISDIR(status->st_mode); }
};

/// The host's own root, for findPathEnd().
inline constexpr int kHostRoot = -1;

/// As docker does, "." and ".." are taken out of the text first; relative paths of the host start where we are. A link
/// at the end is followed if told to, or if the path ends in "/". Faults: NotFound if a directory on the way is missing
/// or none; Invalid for links in a circle; Denied.
llvm::Expected<PathEnd> findPathEnd(int root, llvm::StringRef path, layerfs::FinalLink final);

/// Opens the directory that it is. Faults: Invalid if it is none; Denied.
llvm::Expected<UniqueFd> openDirectory(const PathEnd& end);

}  // namespace strata::runtime

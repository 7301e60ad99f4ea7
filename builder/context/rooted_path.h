#pragma once
/// \file Paths below a root that nobody trusts: links are followed inside the root as a process chrooted there would
/// follow them, and nothing outside is ever opened.

#include "support/clean_path.h"
#include "support/unique_fd.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <string>

namespace strata::builder {

/// "a" + "b" -> "a/b"; either may be empty.
std::string below(llvm::StringRef directory, llvm::StringRef name);
/// "a/b" -> "a", "a" -> "".
llvm::StringRef parentOf(llvm::StringRef path);
llvm::StringRef baseNameOf(llvm::StringRef path);

/// Opens a clean path below `root` without following any link: not at the end, not on the way. "" is the root itself.
/// Errors come as errno with fd -1: ELOOP or ENOTDIR where a link stands in the way.
UniqueFd openBeneath(int root, llvm::StringRef path, int flags);

enum class LastLink { Follow, Keep };

/// Where a path leads.
struct RootedPath {
  std::string path;  ///< links resolved; with `exists` false: where it would be
  bool exists = false;
  struct stat status = {};  ///< only if it exists
  /// The first component that is missing or is no directory, as a resolved path; "" if it exists.
  std::string missing;
  bool blocked = false;                     ///< `missing` is there, but is no directory
  llvm::SmallVector<std::string, 0> links;  ///< resolved paths of the links that were followed
};

/// Resolves `path` (cleaned first) below `root`. A missing path is an answer. Faults: Invalid after 40 links; Denied;
/// Io.
llvm::Expected<RootedPath> resolveBeneath(int root, llvm::StringRef path, LastLink lastLink);

}  // namespace strata::builder

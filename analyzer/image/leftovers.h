#pragma once
/// \file Files that are in images by mistake, told by their paths: caches of package managers, histories of version
/// control, logs, what editors and tests drop. The table is in leftover_table.cc.

#include "analyzer/image/image_tree.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringRef.h>

#include <vector>

namespace strata::analyzer {

enum class LeftoverKind { PackageCache, VersionControl, Log, Dropping };

struct Leftover {
  /// "/var/lib/apt/lists": this path; "**/.cache/pip": these last names anywhere; "**/*.swp", "**/#*#": a name that
  /// begins and ends so. With all that is below.
  llvm::StringLiteral pattern;
  LeftoverKind kind;
  llvm::StringLiteral what;  ///< "apt lists"
  llvm::StringLiteral hint;  ///< what to do about it
  /// Names of directories, blanks between: below one of them it belongs there.
  llvm::StringLiteral unlessBelow = "";
  bool isData = false;  ///< a regular file that nobody may execute
};
/// No pattern is in another's reach.
llvm::ArrayRef<Leftover> leftoverTable();

/// For each path of the tree the number of its row, or kNoLeftover. 1 byte a path.
inline constexpr uint8_t kNoLeftover = UINT8_MAX;
std::vector<uint8_t> leftoversIn(const ImageTree& tree);

}  // namespace strata::analyzer

#pragma once
/// \file Bytes of an image that nobody needs, by content and by cause. Every file of every layer counts at most once,
/// whatever reasons there are: what no container sees any more before what it sees and could do without, leftovers
/// before equal files.

#include "analyzer/image/content_print.h"
#include "analyzer/image/image_tree.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strata::analyzer {

enum class WasteCause {
  DeletedLater,      ///< a later layer removes it
  OverwrittenLater,  ///< a later layer brings the path with other content
  MetadataOnly,      ///< a later layer brings the same content with other mode, owner, times or xattrs
  Duplicate,         ///< another visible file holds the same bytes
  PackageCache,      ///< left behind by a package manager
  VersionControl,    ///< .git and the like
  Log,
  Dropping,  ///< of editors, tests and temporary work
};
llvm::StringRef nameOf(WasteCause cause);   ///< "deleted-later": its name in JSON
llvm::StringRef titleOf(WasteCause cause);  ///< "deleted by a later layer"

struct WastedPath {
  std::string path;
  uint64_t bytes = 0;
};

/// What one layer wastes for one reason.
struct WasteFinding {
  WasteCause cause = WasteCause::DeletedLater;
  std::string what;  ///< of leftovers: "apt lists"; else empty
  /// From 0: the one that brought the content; of MetadataOnly the one that brought it again.
  uint32_t layer = 0;
  /// The one that deletes or overwrites; of MetadataOnly and Duplicate that had the content first. Nothing: none.
  std::optional<uint32_t> other;
  uint64_t bytes = 0, files = 0;
  std::vector<WastedPath> paths;                       ///< the largest, largest first, at most kShownPaths
  std::string equalTo;                                 ///< of a Duplicate: the path that the largest equals
  bool ownerChanged = false, modeChanged = false;      ///< of MetadataOnly: of any file
  std::optional<std::pair<uint32_t, uint32_t>> owner;  ///< of MetadataOnly: user and group of all of them
  std::optional<uint16_t> mode;                        ///< the same
  std::string hint;  ///< what to do; for all but leftovers hintFor() knows (waste_hint.h)

  static constexpr size_t kShownPaths = 20;
};

struct Waste {
  std::vector<WasteFinding> findings;  ///< most bytes first
  uint64_t bytes = 0;                  ///< the sum of theirs
  uint64_t files = 0;
};

Waste wasteOf(const ImageTree& tree, const ContentPrints& prints);

}  // namespace strata::analyzer

#pragma once
/// \file The files of an image as they are when a layer has been laid on, and how they differ from those of an earlier
/// moment: what the terminal browser shows.

#include "analyzer/image/image_tree.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace strata::analyzer {

enum class Mark : uint8_t { Hidden, Unmodified, Added, Modified, Removed };

/// One entry a path, by PathId.
struct TreeState {
  std::vector<Mark> marks;        ///< Hidden: it is neither there nor was it; a directory is Modified by what is below
  std::vector<uint64_t> sizes;    ///< bytes of files at and below; of removed ones those that went
  std::vector<bool> isDirectory;  ///< of what is there, else of what was
  std::vector<ImageTree::ChangeId> changes;  ///< that made it what it is or was; kNone: a directory that nobody names
};

/// After `layer` (from 0) against the state after `earlier`; none: against nothing at all. In time linear in the paths.
TreeState stateOf(const ImageTree& tree, uint32_t layer, std::optional<uint32_t> earlier);

}  // namespace strata::analyzer

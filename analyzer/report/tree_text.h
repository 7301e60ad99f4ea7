#pragma once
/// \file The files of an image or of one of its layers as an indented tree with sizes, the largest first.

#include "analyzer/image/image_tree.h"

#include <optional>
#include <string>

namespace strata::analyzer {

struct TreeView {
  std::optional<uint32_t> layer;  ///< from 0; nothing: the image as a container sees it
  size_t depth = 0;               ///< levels of names; 0: all
};

/// Directories have the sum of what is in them. Of a layer each line has a mark: `+` added, `~` modified, `=` the same
/// content again, `-` removed.
std::string printTree(const ImageTree& tree, const TreeView& view);

}  // namespace strata::analyzer

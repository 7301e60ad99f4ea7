#pragma once
/// \file The files of an image for a map of areas: a tree of what is large enough to be seen in one.

#include "analyzer/image/image_tree.h"

#include <llvm/Support/JSON.h>

namespace strata::analyzer {

/// {name, bytes, layer} of a file, {name, bytes, children} of a directory, as a container sees them. What is smaller
/// than a 2,000th of the whole is put together, one {name: "", bytes, layer, more: files} a directory: however large
/// the image is, the tree has some thousand nodes.
llvm::json::Value htmlTree(const ImageTree& tree);

}  // namespace strata::analyzer

#pragma once
/// \file What a layer holds, times apart, as a Merkle tree (builder/journal/file_tree.h), so that two layers are equal
/// when their roots are and two that are not can be compared by name. An entry's linkTarget is, of a hard link, the
/// first name of its file, whose other fields stay empty; a removal is an entry of kind Whiteout; an opaque directory
/// has an entry of kind Opaque with the empty name; "." is a root directory whose own attributes are not the usual
/// ones (0755, 0:0).

#include "builder/journal/file_tree.h"
#include "layerfs/layer_store.h"
#include "support/cancel.h"

#include <llvm/Support/Error.h>

namespace strata::builder {

/// Shape: everything but what is in the files, for which no file need be read. Two layers of different shape differ.
enum class TreeDepth { Shape, Content };

/// The root of the layer's tree, all of which is put into `trees`. Memory: the names of the directories above the one
/// in work, and a few MiB. Faults: Invalid for a tar layer that is not in pathLess order; Cancelled; Io.
llvm::Expected<Digest> treeOfLayer(layerfs::Layer& layer, TreeDepth depth, TreeStore& trees, const CancelToken& cancel);

}  // namespace strata::builder

#pragma once
/// \file From walked nodes to what a COPY takes: --exclude applied, every directory named by its digest, the digests
/// kept.

#include "builder/context/parents.h"
#include "builder/context/source_tree.h"

#include <llvm/Support/Error.h>

#include <memory>

namespace strata::builder {

/// A copy of a node with all below it; directories are to be sealed anew.
std::unique_ptr<SourceNode> copyOf(const SourceNode& node);

/// A copy of a directory's node without what the patterns exclude (relative to it); directories are sealed anew.
std::unique_ptr<SourceNode> filtered(const SourceNode& directory, const IgnoreMatcher& excludes);

/// Gives every directory below (and this one) its size and the digest of its TreeObject. Files have theirs already.
void seal(SourceNode& node);

/// Files and bytes below a node, itself included.
struct NodeCount {
  uint64_t files = 0, bytes = 0;
};
NodeCount countOf(const SourceNode& node);

/// One source argument and what it named.
struct ArgumentMatches {
  size_t argument = 0;
  std::vector<SelectedSource> sources;
  std::vector<ParentsTree> parents;  ///< of --parents: those of the first sources, which have no node yet
};
/// The root over all of them (TreeObject::isSelection).
TreeObject rootOf(llvm::ArrayRef<ArgumentMatches> matches);

/// Several selections as one, in their order: what an ADD of several kinds of sources takes. The nodes stay where they
/// are.
llvm::Expected<Selection> joined(llvm::ArrayRef<Selection> parts, TreeStore& trees);

/// Puts the root and every directory below that is not there yet. One commit.
[[nodiscard]] llvm::Error keepTrees(const TreeObject& root, const Digest& digest,
                                    llvm::ArrayRef<SelectedSource> sources, TreeStore& trees);

}  // namespace strata::builder

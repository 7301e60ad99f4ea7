#pragma once
/// \file The trees of files that a build's components name, as one blob: what makes a miss on another machine
/// explainable file by file. Format 1, compressed with zstd: "strata trees 1\n", then every object (file_tree.h) once
/// behind its length as eight bytes, little-endian.

#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <set>
#include <string>
#include <vector>

namespace strata::builder {

/// The roots that a build's components and outputs name.
std::vector<Digest> treesOf(const Build& build);

/// All objects that these roots reach and that the store has, but for `without`; empty if there are none, or more than
/// is worth carrying (64 MiB).
llvm::Expected<std::string> packTrees(TreeStore& trees, llvm::ArrayRef<Digest> roots, const std::set<Digest>& without);

/// Puts a blob's objects into the store. Faults: Invalid for what is no such blob.
[[nodiscard]] llvm::Error unpackTrees(llvm::StringRef bytes, TreeStore& trees);

/// The digests of a blob's objects. Faults: as unpackTrees().
llvm::Expected<std::vector<Digest>> treesIn(llvm::StringRef bytes);

}  // namespace strata::builder

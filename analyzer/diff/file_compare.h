#pragma once
/// \file Which files of two images hold the same bytes. Of most files of one size the beginnings tell that they do not.

#include "analyzer/diff/image_pair.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <vector>

namespace strata::analyzer {

/// Two files as ReadSide::contentOf() gives them.
struct ContentPair {
  ImageTree::ChangeId before, after;
};
/// For each pair of files of one size whether they are equal.
llvm::Expected<std::vector<bool>> equalContents(const ImagePair& pair, llvm::ArrayRef<ContentPair> files);

/// Smaller files are equal by chance.
inline constexpr uint64_t kSmallestMoved = 128;
/// What is in both lists with the same content, each at most once; it is taken out of them. Larger files first, of
/// several equal ones those with the same name first.
llvm::Expected<std::vector<ContentPair>> findMoved(const ImagePair& pair, std::vector<ImageTree::ChangeId>& removed,
                                                   std::vector<ImageTree::ChangeId>& added);

}  // namespace strata::analyzer

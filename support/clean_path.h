#pragma once
/// \file Paths by their text alone: "." and ".." taken out of them, without a look at any disk.

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <string>

namespace strata {

/// "/a//b/../c/" -> a, c; ".." stops at the root. Pieces of `path`.
llvm::SmallVector<llvm::StringRef, 8> pathComponents(llvm::StringRef path);
/// The same joined: "/a//b/../c/" -> "a/c"; the root is "".
std::string cleanPath(llvm::StringRef path);
/// Where a link leads that lies at `link`, a clean path, both ends seen from one root: "a/b" -> "../c" is "c".
std::string linkDestination(llvm::StringRef link, llvm::StringRef target);

}  // namespace strata

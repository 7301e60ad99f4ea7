#pragma once
/// \file Paths that are followed name by name through symbolic links, as a process chrooted to a layer would.

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::layerfs {

inline constexpr int kMaxLinks = 40;  ///< followed on one path, as by the kernel

/// The names of `path` onto what is still to follow, the next one last. Of a link's target they come before the rest.
inline void pushReversed(std::vector<std::string>& todo, llvm::StringRef path) {
  llvm::SmallVector<llvm::StringRef, 16> parts;
  path.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : llvm::reverse(parts))
    if (part != ".") todo.push_back(part.str());
}

}  // namespace strata::layerfs

#pragma once
/// \file Paths of entries as text: relative to the layer's root, which is "", with '/' between names.

#include <llvm/ADT/StringRef.h>

#include <cstddef>
#include <utility>

namespace strata::layerfs {

inline constexpr size_t kMaxPath = 4096;  ///< Linux's PATH_MAX: what is as long could not be opened in a container

/// The directory's path and the name in it: "usr" and "bin" of "usr/bin", "" and "usr" of "usr".
inline std::pair<llvm::StringRef, llvm::StringRef> splitPath(llvm::StringRef path) {
  size_t slash = path.rfind('/');
  if (slash == llvm::StringRef::npos) return {"", path};
  return {path.take_front(slash), path.drop_front(slash + 1)};
}

/// Everything is at or below "".
inline bool isAtOrBelow(llvm::StringRef path, llvm::StringRef above) {
  return above.empty() || (path.consume_front(above) && (path.empty() || path.front() == '/'));
}

}  // namespace strata::layerfs

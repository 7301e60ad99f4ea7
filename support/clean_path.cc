#include "support/clean_path.h"

#include <llvm/ADT/StringExtras.h>

namespace strata {

llvm::SmallVector<llvm::StringRef, 8> pathComponents(llvm::StringRef path) {
  llvm::SmallVector<llvm::StringRef, 8> parts, kept;
  path.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (part == ".") continue;
    if (part != "..")
      kept.push_back(part);
    else if (!kept.empty())
      kept.pop_back();
  }
  return kept;
}

std::string cleanPath(llvm::StringRef path) { return llvm::join(pathComponents(path), "/"); }

std::string linkDestination(llvm::StringRef link, llvm::StringRef target) {
  if (target.starts_with("/")) return cleanPath(target);
  return cleanPath((link.take_front(link.rfind('/') + 1) + target).str());
}

}  // namespace strata

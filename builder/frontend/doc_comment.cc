#include "builder/frontend/doc_comment.h"

namespace strata::builder {

llvm::StringRef descriptionOf(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> comments) {
  for (llvm::StringRef comment : comments) {
    bool named = !name.empty() && comment.consume_front(name);
    if (named && (comment.starts_with(" ") || comment.starts_with("\t"))) return comment.trim();
  }
  return {};
}

}  // namespace strata::builder

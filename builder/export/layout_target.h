#pragma once
/// \file Where the files of an image layout go: into a tar or below a directory.

#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <memory>
#include <string>

namespace strata::builder {

class LayoutTarget {
public:
  virtual ~LayoutTarget() = default;
  /// A file of exactly `size` bytes, which `produce` writes.
  [[nodiscard]] virtual llvm::Error file(const std::string& path, uint64_t size,
                                         llvm::function_ref<llvm::Error(ByteSink& sink)> produce) = 0;
  [[nodiscard]] virtual llvm::Error finish() = 0;
};

/// Both make blobs/sha256 at once. The tar has neither times nor owners: the same files give the same bytes.
llvm::Expected<std::unique_ptr<LayoutTarget>> makeTarLayout(ByteSink& sink);
/// A layout that is there gets the new blobs and another index.json; each file appears in one rename.
llvm::Expected<std::unique_ptr<LayoutTarget>> makeDirectoryLayout(const std::string& directory);

}  // namespace strata::builder

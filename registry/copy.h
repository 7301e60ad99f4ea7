#pragma once
/// \file From one repository to another: no unpacking, no copy on this machine, bytes as they are.

#include "registry/repository.h"
#include "support/progress.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::registry {

struct CopyChoice {
  std::optional<layerfs::Platform> platform;  ///< this one's image, of an index too; nothing: the whole
};

/// Blobs first, several at a time, those that `to` has left out and those of its own registry taken over there; then
/// manifests, the root last and under `tags` (none: by its digest). Each blob is a step of `progress`. What `to` has
/// now. Faults: as Repository's; NotFound where nothing is for the platform.
llvm::Expected<layerfs::Descriptor> copyImage(Repository& from, llvm::StringRef tagOrDigest, Repository& to,
                                              llvm::ArrayRef<std::string> tags, const CopyChoice& choice,
                                              ProgressSink& progress);

}  // namespace strata::registry

#pragma once
/// \file An image, or an index of several, on its way into a repository: blobs first, several at a time, then
/// manifests, the root last and under its tags, so that a tag never leads to something that is not all there.

#include "registry/repository.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::registry {

struct PushBlob {
  layerfs::Descriptor descriptor;
  /// A fresh reader of the blob's bytes; asked for only if the registry has not got the blob.
  std::function<llvm::Expected<std::unique_ptr<ByteSource>>()> open;
};

struct PushManifest {
  std::string mediaType;
  std::string text;
};

struct PushContent {
  std::vector<PushBlob> blobs;          ///< configs and layers; one that is named twice is sent once
  std::vector<PushManifest> manifests;  ///< each behind those that it names; the last is the root
};

/// `tags`: what the root is called; none: by its digest alone. Faults: as Repository's; Cancelled.
[[nodiscard]] llvm::Error push(Repository& repository, const PushContent& content, llvm::ArrayRef<std::string> tags);

}  // namespace strata::registry

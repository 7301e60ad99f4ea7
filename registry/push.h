#pragma once
/// \file An image of the store, or an index of several, on its way into a repository: layers and configurations first,
/// several at a time, then manifests, the root last and under its tags, so that a tag never leads to something that is
/// not all there. Source: OCI distribution-spec v1.1, "Push".

#include "layerfs/store.h"
#include "registry/client.h"
#include "registry/layer_push.h"
#include "support/progress.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::registry {

/// What an image's manifest names, into one repository: its layers, each once, and its configuration, which needs to
/// know nothing of how they are compressed. The layers' blobs, in their order. Faults: as LayerPush and pushBlob, of
/// each that failed.
llvm::Expected<std::vector<layerfs::Descriptor>> pushBlobs(LayerPush& push,
                                                           llvm::ArrayRef<std::shared_ptr<layerfs::Layer>> layers,
                                                           llvm::StringRef config);

/// The root's document under each tag; none: by its digest alone.
[[nodiscard]] llvm::Error pushRoot(Repository& repository, llvm::StringRef text, llvm::StringRef mediaType,
                                   llvm::ArrayRef<std::string> tags);

/// The image that `id` names, an index with all of its images. A manifest whose layers went out as it says is sent as
/// it is, so that its digest stays; else one is made of what was sent. The descriptor of what the tags lead to now.
llvm::Expected<layerfs::Descriptor> pushImage(LayerPush& push, Repository& repository, layerfs::Store& store,
                                              const Digest& id, llvm::ArrayRef<std::string> tags,
                                              layerfs::MediaFamily family);

}  // namespace strata::registry

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

struct PushedBlobs {
  std::vector<layerfs::Descriptor> layers;  ///< in their order
  bool hasManifest = false;                 ///< the repository has the manifest that names them
};

/// What an image's manifest names, into one repository: its layers, each once, and its configuration, which needs to
/// know nothing of how they are compressed. `manifestOver` gives the digest of the manifest over these blobs; where the
/// repository has that, under the first of the tags that it is to get or by its digest, it had everything below it, and
/// nothing more is asked for. Faults: as LayerPush and pushBlob, of each that failed.
using ManifestOver = llvm::function_ref<llvm::Expected<Digest>(std::vector<layerfs::Descriptor> layers)>;
llvm::Expected<PushedBlobs> pushBlobs(LayerPush& push, Repository& repository,
                                      llvm::ArrayRef<std::shared_ptr<layerfs::Layer>> layers, llvm::StringRef config,
                                      ManifestOver manifestOver, llvm::ArrayRef<std::string> tags);

/// The root's document under each tag; none: by its digest alone. Asking first costs a request and may spare one that
/// the registry has to write for.
enum class AskFirst { No, Yes };
[[nodiscard]] llvm::Error pushRoot(Repository& repository, llvm::StringRef text, llvm::StringRef mediaType,
                                   llvm::ArrayRef<std::string> tags, AskFirst ask);

/// The image that `id` names, an index with all of its images. A manifest whose layers went out as it says is sent as
/// it is, so that its digest stays; else one is made of what was sent. The descriptor of what the tags lead to now.
llvm::Expected<layerfs::Descriptor> pushImage(LayerPush& push, Repository& repository, layerfs::Store& store,
                                              const Digest& id, llvm::ArrayRef<std::string> tags,
                                              layerfs::MediaFamily family);

}  // namespace strata::registry

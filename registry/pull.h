#pragma once
/// \file An image on its way from a repository into the store: its documents at once, its layers when somebody reads
/// them or asks for all. Source: OCI distribution-spec v1.1, "Pull"; OCI image-spec v1.1, image-index.md.

#include "layerfs/store.h"
#include "registry/client.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::registry {

/// What a reference leads to, for one platform.
struct RemoteImage {
  Reference reference;               ///< as asked for
  layerfs::Descriptor root;          ///< what tag or digest names: the manifest, or the index that led to it
  layerfs::Platform platform;        ///< of the index's entry; without an index that of the configuration
  Repository::RawManifest manifest;  ///< of the image
  layerfs::Manifest content;         ///< the same, read
  std::string config;                ///< the configuration's bytes, verified
};

/// Whether an image that is there for one platform alone, without an index, must be for the one that is wanted: people
/// who say nothing get what there is.
enum class PlatformMatch { Preferred, Required };

/// Asks for documents alone. Faults: NotFound, also where there is nothing for the platform, saying what there is;
/// Unsupported for manifests that are no images; Invalid, Corrupt for documents that lie; else those of Repository.
llvm::Expected<RemoteImage> resolveRemote(Repository& repository, const Reference& reference,
                                          const layerfs::Platform& platform,
                                          PlatformMatch match = PlatformMatch::Preferred);

/// Makes it an image of the store, known by its digest; layers that the store has not got stay away. Whoever wants them
/// calls bringLayers(). Faults: Corrupt where documents do not belong together.
llvm::Expected<layerfs::Image> addRemote(const RemoteImage& remote, layerfs::Store& store);

/// Both at once, and the name. An image that the repository still has under the same digest is not asked for again. The
/// name is not taken from an image of another platform of the same index.
struct Pulled {
  layerfs::Image image;
  Digest root;         ///< digest of the manifest or the index
  bool isNew = false;  ///< the name led elsewhere before, or nowhere
};
llvm::Expected<Pulled> pullDocuments(Client& client, const Reference& reference, const layerfs::Platform& platform,
                                     layerfs::Store& store, PlatformMatch match = PlatformMatch::Preferred);

/// The image that the store has under this name or digest, for this platform: of an index the member, of one that was
/// pulled also those that were for other platforms. Nothing: there is none, or one for another platform.
struct StoredImage {
  std::optional<layerfs::Image> image;
  std::optional<layerfs::Image> other;  ///< the one that has the name, for another platform
  /// The repository is not known to know what has the name: it was built, loaded or imported here.
  bool madeHere = false;
};
llvm::Expected<StoredImage> findStored(const Reference& reference, const layerfs::Platform& platform,
                                       layerfs::Store& store);

}  // namespace strata::registry

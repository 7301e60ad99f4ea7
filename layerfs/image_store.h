#pragma once
/// \file Images and their names. An image is a config blob and a manifest blob over layers of the store; its id is the
/// config's digest. Names are canonical reference strings ("docker.io/library/app:latest"); this floor does not parse
/// them.

#include "layerfs/content_store.h"
#include "layerfs/image_config.h"
#include "layerfs/image_digests.h"
#include "layerfs/image_index.h"
#include "layerfs/layer_store.h"
#include "support/database.h"

#include <llvm/Support/Error.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::layerfs {

struct Image {
  Digest id;        ///< digest of the config blob
  Digest manifest;  ///< digest of the manifest blob
  ImageConfig config;
  std::vector<std::shared_ptr<Layer>> layers;  ///< bottom first, as many as config.diffIds
  std::vector<std::string> names;              ///< sorted
  uint64_t size = 0;  ///< bytes of all layers' uncompressed tars; of one that nobody has read yet, of the blob
};

/// What a manifest says beside configuration and layers.
struct ManifestNotes {
  std::map<std::string, std::string> annotations;
  std::vector<std::map<std::string, std::string>> layers;  ///< by place; may be shorter than the layers
};

/// What a listing shows: an image, or an index with the images that it holds.
struct ImageSummary {
  Digest id;
  Digest manifest;              ///< of an index: the index itself
  std::vector<Digest> members;  ///< of an index: its images; of an image: none
  std::vector<std::string> names;
  int64_t created = 0;  ///< nanoseconds since 1970
  uint64_t size = 0;
  std::vector<LayerId> layers;
  std::vector<RepositoryDigest> digests;  ///< under which registries know it

  /// Neither a name nor a digest in a registry leads to it.
  bool isDangling() const { return names.empty() && digests.empty(); }
};

/// Documents that must keep their bytes, since others know them by their digests.
struct KeptDocuments {
  llvm::StringRef config;
  llvm::StringRef manifest, manifestType;  ///< empty: the store's own
  Sync sync = Sync::Yes;  ///< No: a registry has them, too; one that a failing power supply tears is fetched again
};

class ImageStore {
public:
  static llvm::Expected<std::unique_ptr<ImageStore>> open(Database& database, ContentStore& content,
                                                          LayerStore& layers);
  ~ImageStore();

  /// Writes config and manifest and registers the image. `config.diffIds` is filled in from the layers. An image that
  /// is there already gets this manifest: one with other notes, or none, is another one.
  llvm::Expected<Image> create(ImageConfig config, std::vector<std::shared_ptr<Layer>> layers,
                               const ManifestNotes& notes = {});
  /// The same for documents that must keep their bytes (load, pull): the id is the digest of exactly this config. An
  /// image that is there already is returned as it is, with this manifest if one is given. Faults: Corrupt where the
  /// documents do not belong together.
  llvm::Expected<Image> createFromDocuments(const KeptDocuments& documents, std::vector<std::shared_ptr<Layer>> layers);

  ImageIndexes& indexes();
  ImageDigests& digests();

  /// `id` is an image's or an index's.
  [[nodiscard]] llvm::Error tag(const Digest& id, llvm::StringRef name);
  /// False if there was no such name.
  llvm::Expected<bool> untag(llvm::StringRef name);
  /// Of an index its usual image.
  llvm::Expected<std::optional<Digest>> findByName(llvm::StringRef name);
  /// Of an index the image that runs on `platform`; an image that has its name alone whatever it is for. Faults:
  /// NotFound where the index has none, saying which it has.
  llvm::Expected<std::optional<Digest>> findByName(llvm::StringRef name, const Platform& platform);
  /// An image or an index by a prefix of the id's hex digits, "sha256:" allowed. Faults: Invalid if several match.
  llvm::Expected<std::optional<Digest>> findByPrefix(llvm::StringRef hexPrefix);

  llvm::Expected<Image> load(const Digest& id);  ///< Faults: NotFound; Corrupt
  /// Newest first, the images of an index only where they have names of their own.
  llvm::Expected<std::vector<ImageSummary>> list();
  /// Removes all names and the image, or the index with the images that nothing else names; layers and blobs stay until
  /// swept. Faults: Invalid for an image of an index.
  [[nodiscard]] llvm::Error remove(const Digest& id);

  /// What images and indexes need of the store.
  struct InUse {
    std::set<LayerId> layers;
    std::set<Digest> documents;
  };
  llvm::Expected<InUse> inUse();

private:
  llvm::Error removeImage(const Digest& id);
  llvm::Error removeIndex(const Digest& id);

  struct Impl;
  explicit ImageStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::layerfs

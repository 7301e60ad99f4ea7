#pragma once
/// \file Several images under one name, one a platform: an OCI image index over images of the store. Its id is the
/// index blob's digest. Source: OCI image-spec v1.1, image-index.md; spec PLAT-6, OUT-22.

#include "layerfs/content_store.h"
#include "layerfs/ids.h"
#include "layerfs/platform.h"
#include "support/database.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

struct Image;
struct ImageSummary;

/// What runs where this platform is asked for, the best first: itself, lower variants, and the 32-bit side of the same
/// processor. Source: what containerd matches.
std::vector<Platform> platformsFor(const Platform& wanted);

struct IndexMember {
  Platform platform;
  Digest image;     ///< id: the config's digest
  Digest manifest;  ///< as the index names it
};

struct ImageIndex {
  Digest id;
  std::vector<IndexMember> members;  ///< in the index's order, never empty
  std::vector<std::string> names;    ///< sorted

  /// The member that runs on this platform, the best where several would (platformsFor()).
  const IndexMember* find(const Platform& platform) const;
  /// What a name stands for where nobody said a platform: this machine's member, else the first.
  const IndexMember& usual() const;
  std::string platforms() const;  ///< "linux/amd64, linux/arm64": for messages
};

/// What an index says beside its manifests.
struct IndexNotes {
  std::map<std::string, std::string> annotations;
  std::vector<std::map<std::string, std::string>> manifests;  ///< by place; may be shorter than the images
};

/// The indexes of a store; reached through ImageStore::indexes(). A name is an image's or an index's, never both. An
/// image in an index stays until the index goes.
class ImageIndexes {
public:
  /// The migration step that follows ImageStore's own.
  static llvm::StringRef tables();
  ImageIndexes(Database& database, ContentStore& content) : database_(database), content_(content) {}

  /// Writes the index and registers it. One that is there already is returned as it is.
  llvm::Expected<ImageIndex> create(llvm::ArrayRef<Image> images, const IndexNotes& notes = {});
  llvm::Expected<bool> contains(const Digest& id);
  llvm::Expected<ImageIndex> load(const Digest& id);  ///< Faults: NotFound; Corrupt
  llvm::Expected<std::vector<Digest>> list();
  llvm::Expected<std::optional<Digest>> findByName(llvm::StringRef name);
  /// The index that has this image; nothing if there is none.
  llvm::Expected<std::optional<Digest>> findByMember(const Digest& image);

  /// The rows of a listing: `images`, newest first, with the indexes put in and what only they hold left out.
  llvm::Expected<std::vector<ImageSummary>> withIndexes(std::vector<ImageSummary> images);

  [[nodiscard]] llvm::Error tag(const Digest& id, llvm::StringRef name);
  /// With its names; its images stay, without names of their own to be removed next.
  [[nodiscard]] llvm::Error remove(const Digest& id);

private:
  llvm::Expected<std::vector<Digest>> imagesOf(const Digest& id);
  llvm::Expected<std::vector<std::string>> namesOf(const Digest& id);

  Database& database_;
  ContentStore& content_;
};

/// The first column of every row.
llvm::Expected<std::vector<Digest>> digestsOf(Statement& query);
llvm::Expected<std::vector<LayerId>> layerIdsOf(Statement& query);
llvm::Expected<std::vector<std::string>> textsOf(Statement& query);

}  // namespace strata::layerfs

#pragma once
/// \file Under which digests registries know the images of this store: what a pull or a push by name found out. docker
/// shows them as RepoDigests.

#include "support/database.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

struct RepositoryDigest {
  std::string repository;  ///< canonical: "docker.io/library/app"
  Digest digest;           ///< of the manifest, or of the index that led to it
};

/// Reached through ImageStore::digests(). `id` is an image's or an index's. Any thread.
class ImageDigests {
public:
  /// A migration step of ImageStore's tables.
  static llvm::StringRef tables();
  explicit ImageDigests(Database& database) : database_(database) {}

  [[nodiscard]] llvm::Error put(const Digest& id, const RepositoryDigest& known);
  llvm::Expected<std::vector<RepositoryDigest>> of(const Digest& id);  ///< by repository, the latest first
  /// Latest first; several where the digest is that of an index and images for several platforms were brought.
  llvm::Expected<std::vector<Digest>> find(const RepositoryDigest& known);
  /// All of an image, or those in one repository.
  [[nodiscard]] llvm::Error remove(const Digest& id, const std::optional<std::string>& repository = {});

private:
  Database& database_;
};

}  // namespace strata::layerfs

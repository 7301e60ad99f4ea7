#pragma once
/// \file Lists of images for several platforms that are being put together on this machine, until they are pushed as an
/// index. Source: docker's `manifest` commands; OCI image-spec v1.1, image-index.md.

#include "registry/client.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

struct ManifestListEntry {
  std::string reference;           ///< canonical: where it was found
  layerfs::Descriptor descriptor;  ///< of its manifest, with the platform
  std::vector<std::string> osFeatures;
  std::string manifest;  ///< its text
};

struct ManifestList {
  std::string name;  ///< canonical
  std::vector<ManifestListEntry> entries;

  ManifestListEntry* find(llvm::StringRef reference);
  /// docker's form, unless the first entry is OCI's.
  std::string mediaType() const;
  /// The index, one line of JSON.
  std::string text() const;
};

/// The image's manifest and, out of its configuration, its platform. Faults: NotFound; Invalid for a list; those of
/// Repository.
llvm::Expected<ManifestListEntry> fetchEntry(Client& client, const Reference& reference);

/// Sends what the list's repository lacks, then the list under its tag; `tell` hears of each manifest. The list's
/// descriptor. Faults: those of Repository.
llvm::Expected<layerfs::Descriptor> pushList(Client& client, const ManifestList& list,
                                             llvm::function_ref<void(const layerfs::Descriptor&)> tell);

/// Files of a directory, one a list: `<sha256 of the name>.json` with name and entries. Any process; a later save wins.
class ManifestLists {
public:
  explicit ManifestLists(std::string directory) : directory_(std::move(directory)) {}

  llvm::Expected<std::optional<ManifestList>> find(const Reference& name) const;
  /// Faults: NotFound `No such manifest: x`.
  llvm::Expected<ManifestList> load(const Reference& name) const;
  [[nodiscard]] llvm::Error save(const ManifestList& list) const;
  /// Faults: as load().
  [[nodiscard]] llvm::Error remove(const Reference& name) const;

private:
  std::string pathOf(llvm::StringRef name) const;
  std::string directory_;
};

}  // namespace strata::registry

#pragma once
/// \file The containers of a store: a row of strata.db each, and a directory. Any process; names are unique by the
/// database.

#include "runtime/containers/container.h"
#include "runtime/containers/container_directory.h"
#include "runtime/volumes/volume_store.h"
#include "support/database.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::runtime {

/// Faults: Invalid in docker's words for a name that is none.
[[nodiscard]] llvm::Error checkContainerName(llvm::StringRef name);

class ContainerStore {
public:
  /// Borrowed. `root` is the store's, `staging` a directory on its file system; empty: its
  /// tmp/.
  static llvm::Expected<std::unique_ptr<ContainerStore>> open(Database& database, std::string root,
                                                              std::string staging = {});

  ContainerDirectory directory(llvm::StringRef id) const { return ContainerDirectory(root_, id); }
  const std::string& root() const { return root_; }
  Database& database() { return database_; }
  /// The volumes of the same store, which ask these containers who uses them. Opened at the first call.
  llvm::Expected<VolumeStore*> volumes();

  /// Makes directory and row; a container without a name is given one. Faults: Exists in docker's words for a name that
  /// is taken; NotFound if its image or a volume of it went away meanwhile.
  [[nodiscard]] llvm::Error add(Container& container);
  /// By id, by name (a slash before it is passed over), or by the beginning of an id. The row as it is: see
  /// findContainer() in truth.h. Faults: NotFound `No such container: x`; Invalid for a beginning that several have.
  llvm::Expected<Container> find(llvm::StringRef text);
  llvm::Expected<Container> load(llvm::StringRef id);  ///< Faults: NotFound
  llvm::Expected<std::vector<Container>> list();       ///< newest first
  /// The images that containers are of: they must stay.
  llvm::Expected<std::set<Digest>> imagesInUse();
  /// Those of this image.
  llvm::Expected<std::vector<Container>> usersOf(const Digest& imageId);
  /// Ids of those that have this volume.
  llvm::Expected<std::vector<std::string>> usersOfVolume(llvm::StringRef name);

  [[nodiscard]] llvm::Error setState(llvm::StringRef id, const ContainerState& state);
  /// Changes nothing but the status, and only from `before`; whether that is what it was.
  llvm::Expected<bool> changeStatus(llvm::StringRef id, ContainerStatus before, ContainerStatus after);
  [[nodiscard]] llvm::Error setNetwork(llvm::StringRef id, llvm::StringRef json);
  [[nodiscard]] llvm::Error setHealth(llvm::StringRef id, llvm::StringRef json);
  /// Replaces Config, HostConfig and mounts.
  [[nodiscard]] llvm::Error setDocument(const Container& container);
  /// Faults: Exists; Invalid.
  [[nodiscard]] llvm::Error rename(const Container& container, llvm::StringRef name);
  /// The row, then the directory. The caller holds the lock; nothing runs.
  [[nodiscard]] llvm::Error remove(llvm::StringRef id);
  /// As remove(), for who cannot wait: nobody finds the container any more, and where this says lies what is left, for
  /// removeTree().
  llvm::Expected<std::string> takeOut(llvm::StringRef id);
  /// Directories without a row: what a crash left.
  [[nodiscard]] llvm::Error sweep();

private:
  ContainerStore(Database& database, std::string root, std::string staging)
      : database_(database), root_(std::move(root)), staging_(std::move(staging)) {}
  [[nodiscard]] llvm::Error insert(Container& container);
  [[nodiscard]] llvm::Error insertNamed(const Container& container);
  [[nodiscard]] llvm::Error checkParts(const Container& container);
  [[nodiscard]] llvm::Error removeRow(llvm::StringRef id);
  llvm::Error nameTaken(llvm::StringRef name);
  llvm::Expected<std::vector<Container>> select(llvm::StringRef where, llvm::StringRef value);
  Database& database_;
  std::string root_, staging_;
  std::unique_ptr<VolumeStore> volumes_;
};

}  // namespace strata::runtime

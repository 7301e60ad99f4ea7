#pragma once
/// \file The volumes of a store: `volumes/<name>/_data` below its root is what containers see, `volume.json` beside it
/// says what the volume is, and a row of strata.db names it. The directory is the truth: what lost its row (a database
/// made anew, a command killed in between) is named again, since it holds what nobody can make again; a row without
/// directory goes. Any process.

#include "runtime/volumes/volume.h"
#include "support/database.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::runtime {

/// The containers, also stopped ones, that name a volume: their ids.
using VolumeUsers = std::function<llvm::Expected<std::vector<std::string>>(llvm::StringRef name)>;

/// What a volume is to be.
struct VolumeWish {
  std::string name;  ///< empty: an anonymous one
  std::map<std::string, std::string> options, labels;
};

class VolumeStore {
public:
  /// The database is borrowed. `root` is the store's, absolute or not; `staging` is on its file system.
  static llvm::Expected<std::unique_ptr<VolumeStore>> open(Database& database, const std::string& root,
                                                           std::string staging, VolumeUsers users);

  /// Puts content into an empty directory.
  using Fill = llvm::function_ref<llvm::Error(const std::string& directory)>;
  /// The volume of this name, made if there is none; one that is empty is filled, in one step where nobody uses it.
  /// Faults: Invalid for a name or options that are none; Unsupported; NotFound for a missing device of a bind; those
  /// of `fill`.
  llvm::Expected<Volume> make(const VolumeWish& wish, Fill fill = nullptr);

  llvm::Expected<std::optional<Volume>> find(llvm::StringRef name);
  llvm::Expected<Volume> load(llvm::StringRef name);  ///< Faults: NotFound `get NAME: no such volume`
  llvm::Expected<std::vector<Volume>> list();         ///< by name
  /// Faults: NotFound if one of them is gone. To be asked in the transaction that names them, which remove() waits for.
  [[nodiscard]] llvm::Error require(llvm::ArrayRef<std::string> names);

  llvm::Expected<std::vector<std::string>> usersOf(llvm::StringRef name) const { return users_(name); }
  /// Faults: NotFound; Denied `remove NAME: volume is in use - [IDS]`.
  [[nodiscard]] llvm::Error remove(llvm::StringRef name);

private:
  VolumeStore(Database& database, std::string root, std::string directory, std::string staging, VolumeUsers users)
      : database_(database),
        root_(std::move(root)),
        directory_(std::move(directory)),
        staging_(std::move(staging)),
        users_(std::move(users)) {}
  void tell(llvm::StringRef name, const char* action) const;
  std::string placeOf(llvm::StringRef name) const;
  std::string lockPath() const;
  llvm::Expected<std::optional<Volume>> rowOf(llvm::StringRef name);
  llvm::Expected<std::vector<Volume>> rows();
  [[nodiscard]] llvm::Error addRow(const Volume& volume);
  [[nodiscard]] llvm::Error dropRow(llvm::StringRef name);
  llvm::Expected<Volume> makeNew(const VolumeWish& wish, Fill fill);
  [[nodiscard]] llvm::Error publish(const std::string& staged, const Volume& volume);
  [[nodiscard]] llvm::Error fillEmpty(const Volume& volume, Fill fill);
  llvm::Expected<bool> replaceEmpty(const Volume& volume, const std::string& filled);
  [[nodiscard]] llvm::Error removeNamed(llvm::StringRef name, const std::string& away);
  [[nodiscard]] llvm::Error reconcile();
  [[nodiscard]] llvm::Error reconcileLocked();

  Database& database_;
  std::string root_;       ///< the store's
  std::string directory_;  ///< volumes/
  std::string staging_;
  VolumeUsers users_;
};

}  // namespace strata::runtime

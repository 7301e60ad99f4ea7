#pragma once
/// \file What became of the packages of an image in another. Databases are read only where their files differ.

#include "analyzer/diff/file_diff.h"
#include "analyzer/packages/package.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct PackageChange {
  enum class Kind : uint8_t { Added, Removed, Upgraded, Downgraded, Changed };  ///< Changed: nobody can say which way
  Kind kind = Kind::Added;
  PackageKind database = PackageKind::Dpkg;
  std::string where;  ///< PackagePlace::where
  std::string name;
  std::optional<Package> before, after;
};
llvm::StringRef nameOf(PackageChange::Kind kind);  ///< "added", "upgraded"

struct PackageDiff {
  std::vector<PackageChange> changes;  ///< by database, place, name
  /// Databases that could not be read, with the reason: "/var/lib/rpm/Packages: ...". Nothing is said of their
  /// packages.
  std::vector<std::string> unread;
};

/// Faults: Io, Corrupt of the layers; what is wrong with a database is no fault.
llvm::Expected<PackageDiff> diffPackages(const ImagePair& pair, const FileDiff& files);

/// Packages of one database and place, before and after.
std::vector<PackageChange> comparePackages(PackageKind database, llvm::StringRef where, std::vector<Package> before,
                                           std::vector<Package> after);

}  // namespace strata::analyzer

#pragma once
/// \file Where in an image package managers keep their databases.

#include "analyzer/packages/package_readers.h"

#include <optional>
#include <string>

namespace strata::analyzer {

enum class PackageFormat : uint8_t {
  DpkgStatus,
  ApkInstalled,
  RpmSqlite,
  RpmBerkeley,  ///< not read
  RpmNdb,       ///< not read
  NpmManifest,  ///< of a package at the top of a node_modules
  NpmLock,
  NpmInstalledLock,  ///< what npm 7 and later write into a node_modules: all that is in it, nested packages too
  PythonMetadata,
};

struct PackagePlace {
  PackageKind kind;
  PackageFormat format;
  /// What the database is about: a project's folder ("app"), a folder of Python packages, with "python3" for any
  /// version of Python's own; empty: the whole image.
  std::string where;
};
/// `path` without leading slash. Costs little for a path that is none.
std::optional<PackagePlace> packagePlaceOf(llvm::StringRef path);
/// Whether a file of this name may be one, whatever its folder.
bool mayBePackagePlace(llvm::StringRef name, llvm::StringRef folder);

/// Bytes that a file of this format may have, to be read.
uint64_t mostBytesOf(PackageFormat format);
/// Reads what was found at such a place. Faults: Invalid; Unsupported for a format that is not read.
Packages readPackages(PackageFormat format, std::string content);

}  // namespace strata::analyzer

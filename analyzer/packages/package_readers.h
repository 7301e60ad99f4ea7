#pragma once
/// \file The databases of package managers: their contents in, packages out. Contents come from images and are hostile
/// until checked: a reader takes bounded time and memory for any bytes, skips an entry that makes no sense, and gives
/// packages in the order of the database. A database that is none faults Invalid, as does one with more than
/// kMostPackages.

#include "analyzer/packages/package.h"

#include <llvm/Support/Error.h>

#include <vector>

namespace strata::analyzer {

inline constexpr size_t kMostPackages = 100'000;
/// Longer names and versions are none.
inline constexpr size_t kLongestPackageText = 512;

using Packages = llvm::Expected<std::vector<Package>>;

/// /var/lib/dpkg/status, and the files of status.d in images without dpkg. What was removed but for its configuration
/// does not count. Source: deb822(5), dpkg(1), "package states".
Packages readDpkgStatus(llvm::StringRef content);

/// /lib/apk/db/installed. Source: apk's "installed" database, version 2: a letter, a colon, a value.
Packages readApkInstalled(llvm::StringRef content);

/// rpmdb.sqlite: the headers in the table Packages. Source: rpm, "RPM Package format", header structure.
Packages readRpmDatabase(std::string content);
/// One header as the database keeps it, without magic. Nothing: it makes no sense.
std::optional<Package> readRpmHeader(llvm::StringRef header);

/// package.json of an installed package.
Packages readNpmManifest(llvm::StringRef content);
/// package-lock.json, npm-shrinkwrap.json, node_modules/.package-lock.json; versions 1 to 3. Links and the project
/// itself are no packages.
Packages readNpmLock(llvm::StringRef content);

/// METADATA of a dist-info folder, PKG-INFO of an egg-info one. Source: Python's "Core metadata specifications".
Packages readPythonMetadata(llvm::StringRef content);

/// Whether name and version can be shown and compared.
bool isPlausible(const Package& package);

}  // namespace strata::analyzer

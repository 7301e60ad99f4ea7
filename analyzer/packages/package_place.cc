#include "analyzer/packages/package_place.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {

using Parts = llvm::SmallVector<llvm::StringRef, 16>;

std::string joined(llvm::ArrayRef<llvm::StringRef> parts) { return llvm::join(parts, "/"); }

PackagePlace system(PackageKind kind, PackageFormat format) { return {.kind = kind, .format = format, .where = {}}; }

std::optional<PackagePlace> systemPlace(llvm::StringRef path) {
  if (path == "var/lib/dpkg/status") return system(PackageKind::Dpkg, PackageFormat::DpkgStatus);
  if (path.consume_front("var/lib/dpkg/status.d/")) {
    if (path.contains('/') || path.ends_with(".md5sums")) return std::nullopt;
    return system(PackageKind::Dpkg, PackageFormat::DpkgStatus);
  }
  if (path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed")
    return system(PackageKind::Apk, PackageFormat::ApkInstalled);
  if (!path.consume_front("var/lib/rpm/") && !path.consume_front("usr/lib/sysimage/rpm/")) return std::nullopt;
  if (path == "rpmdb.sqlite") return system(PackageKind::Rpm, PackageFormat::RpmSqlite);
  if (path == "Packages") return system(PackageKind::Rpm, PackageFormat::RpmBerkeley);
  if (path == "Packages.db") return system(PackageKind::Rpm, PackageFormat::RpmNdb);
  return std::nullopt;
}

/// "app/node_modules/left-pad/package.json", "app/node_modules/@types/node/package.json"; not of packages in packages.
std::optional<PackagePlace> npmPlace(const Parts& parts) {
  llvm::StringRef name = parts.back();
  const auto* folder = llvm::find(parts, "node_modules");
  size_t depth = size_t(folder - parts.begin());
  size_t below = parts.size() - depth;  // the names from node_modules on; 0: it is none
  PackagePlace place{
      .kind = PackageKind::Npm, .format = PackageFormat::NpmManifest, .where = joined({parts.data(), depth})};
  if (below == 0) {
    if (name != "package-lock.json" && name != "npm-shrinkwrap.json") return std::nullopt;
    place.format = PackageFormat::NpmLock;
    place.where = joined(llvm::ArrayRef(parts).drop_back());
    return place;
  }
  if (below == 2 && name == ".package-lock.json") {
    place.format = PackageFormat::NpmInstalledLock;
    return place;
  }
  bool scoped = below == 4 && parts[depth + 1].starts_with("@");
  if (name == "package.json" && (below == 3 || scoped)) return place;
  return std::nullopt;
}

/// "python3.11" and "python3.12" are one place: a new Python does not make all packages new.
std::string withoutPythonVersion(llvm::ArrayRef<llvm::StringRef> folders) {
  llvm::SmallVector<llvm::StringRef, 16> parts(folders.begin(), folders.end());
  for (llvm::StringRef& part : parts)
    if (part.starts_with("python3.")) part = "python3";
  return joined(parts);
}

std::optional<PackagePlace> pythonPlace(const Parts& parts) {
  size_t folders = parts.size();
  llvm::StringRef name = parts.back();
  if (parts.size() >= 2) {
    llvm::StringRef folder = parts[parts.size() - 2];
    bool info =
        (name == "METADATA" && folder.ends_with(".dist-info")) || (name == "PKG-INFO" && folder.ends_with(".egg-info"));
    if (info) folders -= 2;
  }
  if (folders == parts.size() && name.ends_with(".egg-info")) --folders;  // distutils' single file
  if (folders == parts.size()) return std::nullopt;
  return PackagePlace{.kind = PackageKind::Python,
                      .format = PackageFormat::PythonMetadata,
                      .where = withoutPythonVersion({parts.data(), folders})};
}

}  // namespace

bool mayBePackagePlace(llvm::StringRef name, llvm::StringRef folder) {
  constexpr llvm::StringLiteral kNames[] = {"status",      "installed",          "rpmdb.sqlite",       "Packages",
                                            "Packages.db", "package.json",       "package-lock.json",  "METADATA",
                                            "PKG-INFO",    ".package-lock.json", "npm-shrinkwrap.json"};
  return folder == "status.d" || name.ends_with(".egg-info") || llvm::is_contained(kNames, name);
}

std::optional<PackagePlace> packagePlaceOf(llvm::StringRef path) {
  auto [above, name] = path.rsplit('/');
  if (name.empty()) std::swap(above, name);  // at the top
  if (!mayBePackagePlace(name, above.rsplit('/').second)) return std::nullopt;
  if (auto place = systemPlace(path)) return place;
  Parts parts;
  path.split(parts, '/', -1, /*KeepEmpty=*/false);
  if (parts.empty()) return std::nullopt;
  if (name.ends_with(".json")) return npmPlace(parts);
  return pythonPlace(parts);
}

uint64_t mostBytesOf(PackageFormat format) {
  switch (format) {
    case PackageFormat::RpmSqlite:
      return 256 << 20;
    case PackageFormat::DpkgStatus:
    case PackageFormat::ApkInstalled:
      return 64 << 20;
    case PackageFormat::NpmLock:
    case PackageFormat::NpmInstalledLock:
      return 16 << 20;
    case PackageFormat::NpmManifest:
    case PackageFormat::PythonMetadata:
      return 1 << 20;
    case PackageFormat::RpmBerkeley:
    case PackageFormat::RpmNdb:
      return 0;
  }
  return 0;
}

Packages readPackages(PackageFormat format, std::string content) {
  switch (format) {
    case PackageFormat::DpkgStatus:
      return readDpkgStatus(content);
    case PackageFormat::ApkInstalled:
      return readApkInstalled(content);
    case PackageFormat::RpmSqlite:
      return readRpmDatabase(std::move(content));
    case PackageFormat::NpmManifest:
      return readNpmManifest(content);
    case PackageFormat::NpmLock:
    case PackageFormat::NpmInstalledLock:
      return readNpmLock(content);
    case PackageFormat::PythonMetadata:
      return readPythonMetadata(content);
    case PackageFormat::RpmBerkeley:
      return fault(FaultKind::Unsupported, "rpm's Berkeley DB format is not read");
    case PackageFormat::RpmNdb:
      return fault(FaultKind::Unsupported, "rpm's ndb format is not read");
  }
  return fault(FaultKind::Unsupported, "unknown format");
}

}  // namespace strata::analyzer

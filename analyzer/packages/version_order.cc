#include "analyzer/packages/version_order.h"

namespace strata::analyzer {

std::optional<std::strong_ordering> compareVersions(PackageKind kind, llvm::StringRef a, llvm::StringRef b) {
  switch (kind) {
    case PackageKind::Dpkg:
      return compareDpkgVersions(a, b);
    case PackageKind::Apk:
      return compareApkVersions(a, b);
    case PackageKind::Rpm:
      return compareRpmVersions(a, b);
    case PackageKind::Npm:
      return compareSemanticVersions(a, b);
    case PackageKind::Python:
      return comparePythonVersions(a, b);
  }
  return std::nullopt;
}

}  // namespace strata::analyzer

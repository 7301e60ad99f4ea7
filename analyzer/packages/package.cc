#include "analyzer/packages/package.h"

#include "analyzer/packages/package_readers.h"

namespace strata::analyzer {

llvm::StringRef nameOf(PackageKind kind) {
  switch (kind) {
    case PackageKind::Dpkg:
      return "dpkg";
    case PackageKind::Apk:
      return "apk";
    case PackageKind::Rpm:
      return "rpm";
    case PackageKind::Npm:
      return "npm";
    case PackageKind::Python:
      return "python";
  }
  return "";
}

bool isPlausible(const Package& package) {
  auto fits = [](llvm::StringRef text) { return !text.empty() && text.size() <= kLongestPackageText; };
  return fits(package.name) && fits(package.version) && package.architecture.size() <= kLongestPackageText;
}

}  // namespace strata::analyzer

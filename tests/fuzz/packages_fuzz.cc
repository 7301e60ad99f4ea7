/// Input: the first byte says what the rest is: a database of one of the formats, or two versions with a line end
/// between them.

#include "analyzer/packages/package_place.h"
#include "analyzer/packages/version_order.h"
#include "tests/fuzz/fuzz.h"

namespace strata::fuzz {

namespace {
using namespace analyzer;

constexpr PackageKind kKinds[] = {PackageKind::Dpkg, PackageKind::Apk, PackageKind::Rpm, PackageKind::Npm,
                                  PackageKind::Python};

/// The order is the same from both sides, and a version equals itself.
void checkVersions(llvm::StringRef input) {
  auto [a, b] = input.split('\n');
  for (PackageKind kind : kKinds) {
    auto order = compareVersions(kind, a, b), back = compareVersions(kind, b, a), same = compareVersions(kind, a, a);
    FUZZ_EXPECT(order.has_value() == back.has_value(), "versions compare both ways or not at all");
    FUZZ_EXPECT(!order || (*order > 0) == (*back < 0), "what is newer has an older one");
    FUZZ_EXPECT(!same || *same == 0, "a version is as new as itself");
  }
}

void checkPackages(const std::vector<Package>& packages) {
  FUZZ_EXPECT(packages.size() <= kMostPackages, "a database has a limit");
  for (const Package& package : packages) FUZZ_EXPECT(isPlausible(package), "a package has a name and a version");
}
}  // namespace

FUZZ_TARGET(packages) {
  if (input.empty()) return;
  llvm::StringRef rest = input.drop_front();
  switch (input.front()) {
    case 'd':
      return checkPackages(valueOf(readDpkgStatus(rest)).value_or(std::vector<Package>()));
    case 'a':
      return checkPackages(valueOf(readApkInstalled(rest)).value_or(std::vector<Package>()));
    case 'r':
      return checkPackages(valueOf(readRpmDatabase(rest.str())).value_or(std::vector<Package>()));
    case 'h':
      if (auto package = readRpmHeader(rest)) checkPackages({*package});
      return;
    case 'n':
      return checkPackages(valueOf(readNpmManifest(rest)).value_or(std::vector<Package>()));
    case 'l':
      return checkPackages(valueOf(readNpmLock(rest)).value_or(std::vector<Package>()));
    case 'p':
      return checkPackages(valueOf(readPythonMetadata(rest)).value_or(std::vector<Package>()));
    case 'w':
      packagePlaceOf(rest);
      return;
    default:
      checkVersions(rest);
  }
}

}  // namespace strata::fuzz

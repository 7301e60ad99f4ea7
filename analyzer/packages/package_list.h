#pragma once
/// \file The packages that a reader has found so far, as many as may be.

#include "analyzer/packages/package_readers.h"
#include "support/fault.h"

#include <utility>

namespace strata::analyzer {

class PackageList {
public:
  /// What is not plausible is left out. Faults: Invalid for too many.
  llvm::Error add(Package package) {
    if (!isPlausible(package)) return llvm::Error::success();
    if (packages_.size() == kMostPackages)
      return fault(FaultKind::Invalid, "it has more than " + llvm::Twine(kMostPackages) + " packages");
    packages_.push_back(std::move(package));
    return llvm::Error::success();
  }
  std::vector<Package> take() { return std::move(packages_); }

private:
  std::vector<Package> packages_;
};

}  // namespace strata::analyzer

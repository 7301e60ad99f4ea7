#include "analyzer/packages/package_list.h"
#include "support/foreign_database.h"

namespace strata::analyzer {

Packages readRpmDatabase(std::string content) {
  PackageList packages;
  auto takeRow = [&](llvm::StringRef header) -> llvm::Error {
    auto package = readRpmHeader(header);
    if (!package || package->name == "gpg-pubkey") return llvm::Error::success();  // keys are kept like packages
    return packages.add(std::move(*package));
  };
  auto error = queryForeignDatabase(std::move(content), "SELECT blob FROM Packages ORDER BY hnum", takeRow);
  if (!error) return packages.take();
  std::string why = messageOf(std::move(error));
  return fault(FaultKind::Invalid, "no rpm database: " + why);
}

}  // namespace strata::analyzer

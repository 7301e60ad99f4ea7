#include "analyzer/packages/field_lines.h"
#include "analyzer/packages/package_list.h"

namespace strata::analyzer {

Packages readPythonMetadata(llvm::StringRef content) {
  llvm::StringRef header = takeStanza(content);  // what follows is the description
  PackageList packages;
  if (auto error = packages.add({.name = fieldOf(header, "Name").str(),
                                 .version = fieldOf(header, "Version").str(),
                                 .architecture = {},
                                 .bytes = {}}))
    return error;
  return packages.take();
}

}  // namespace strata::analyzer

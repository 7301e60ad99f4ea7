#include "analyzer/packages/field_lines.h"
#include "analyzer/packages/package_list.h"

namespace strata::analyzer {

namespace {
/// "install ok installed": the third word is the state. Without the field, as in status.d, it is installed.
bool isThere(llvm::StringRef status) {
  llvm::StringRef state = status.rsplit(' ').second;
  return state != "config-files" && state != "not-installed";
}
}  // namespace

Packages readDpkgStatus(llvm::StringRef content) {
  PackageList packages;
  for (llvm::StringRef stanza = takeStanza(content); !stanza.empty(); stanza = takeStanza(content)) {
    if (!isThere(fieldOf(stanza, "Status"))) continue;
    Package package;
    package.name = fieldOf(stanza, "Package").str();
    package.version = fieldOf(stanza, "Version").str();
    package.architecture = fieldOf(stanza, "Architecture").str();
    uint32_t kibibytes = 0;
    if (!fieldOf(stanza, "Installed-Size").getAsInteger(10, kibibytes)) package.bytes = uint64_t(kibibytes) << 10;
    if (auto error = packages.add(std::move(package))) return error;
  }
  return packages.take();
}

}  // namespace strata::analyzer

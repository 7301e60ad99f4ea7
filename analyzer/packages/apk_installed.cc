#include "analyzer/packages/field_lines.h"
#include "analyzer/packages/package_list.h"

namespace strata::analyzer {

namespace {
/// fieldOf() would take "p" (provides) for "P": in this database case counts.
llvm::StringRef valueOf(llvm::StringRef stanza, char letter) {
  while (!stanza.empty()) {
    auto [line, next] = stanza.split('\n');
    if (line.size() >= 2 && line[0] == letter && line[1] == ':') return line.drop_front(2).trim();
    if (line.starts_with("F:")) break;  // the files follow
    stanza = next;
  }
  return {};
}
}  // namespace

Packages readApkInstalled(llvm::StringRef content) {
  PackageList packages;
  for (llvm::StringRef stanza = takeStanza(content); !stanza.empty(); stanza = takeStanza(content)) {
    Package package;
    package.name = valueOf(stanza, 'P').str();
    package.version = valueOf(stanza, 'V').str();
    package.architecture = valueOf(stanza, 'A').str();
    uint64_t bytes = 0;
    if (!valueOf(stanza, 'I').getAsInteger(10, bytes)) package.bytes = bytes;
    if (auto error = packages.add(std::move(package))) return error;
  }
  return packages.take();
}

}  // namespace strata::analyzer

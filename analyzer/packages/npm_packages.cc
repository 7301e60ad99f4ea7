#include "analyzer/packages/package_list.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/JSON.h>

#include <algorithm>

namespace strata::analyzer {

namespace {

using llvm::json::Object;

llvm::Expected<Object> parseObject(llvm::StringRef content) {
  auto value = parseJson(content);
  if (!value) return value.takeError();
  if (Object* object = value->getAsObject()) return std::move(*object);
  return fault(FaultKind::Invalid, "it is no JSON object");
}

std::string textOf(const Object& object, llvm::StringRef member) { return object.getString(member).value_or("").str(); }

class Lock {
public:
  Packages read(const Object& document) {
    // Of version 2 both members say the same.
    const Object* packages = document.getObject("packages");
    if (auto error = packages ? addPackages(*packages) : addDependencies(document)) return error;
    std::vector<Package> all = found_.take();
    llvm::sort(all, [](const Package& a, const Package& b) {
      return std::tie(a.name, a.version) < std::tie(b.name, b.version);
    });
    all.erase(std::unique(all.begin(), all.end()), all.end());  // one package at several places
    return all;
  }

private:
  /// Versions 2 and 3: "node_modules/a/node_modules/b": {"version": ...}.
  llvm::Error addPackages(const Object& packages) {
    constexpr llvm::StringLiteral kFolder = "node_modules/";
    for (const auto& [key, value] : packages) {
      llvm::StringRef path = key;
      const Object* entry = value.getAsObject();
      size_t folder = path.rfind(kFolder);
      if (!entry || folder == llvm::StringRef::npos || entry->getBoolean("link").value_or(false)) continue;
      std::string name = textOf(*entry, "name");  // where it is installed under another
      if (name.empty()) name = path.substr(folder + kFolder.size()).str();
      if (auto error = add(std::move(name), *entry)) return error;
    }
    return llvm::Error::success();
  }

  /// Version 1: "dependencies": {"a": {"version": ..., "dependencies": {...}}}; parseJson() limits the depth.
  llvm::Error addDependencies(const Object& owner) {
    const Object* dependencies = owner.getObject("dependencies");
    if (!dependencies) return llvm::Error::success();
    for (const auto& [name, value] : *dependencies) {
      const Object* entry = value.getAsObject();
      if (!entry) continue;
      if (auto error = add(name.str(), *entry)) return error;
      if (auto error = addDependencies(*entry)) return error;
    }
    return llvm::Error::success();
  }

  llvm::Error add(std::string name, const Object& entry) {
    return found_.add({.name = std::move(name), .version = textOf(entry, "version"), .architecture = {}, .bytes = {}});
  }

  PackageList found_;
};

}  // namespace

Packages readNpmManifest(llvm::StringRef content) {
  auto document = parseObject(content);
  if (!document) return document.takeError();
  PackageList packages;
  if (auto error = packages.add({.name = textOf(*document, "name"),
                                 .version = textOf(*document, "version"),
                                 .architecture = {},
                                 .bytes = {}}))
    return error;
  return packages.take();
}

Packages readNpmLock(llvm::StringRef content) {
  auto document = parseObject(content);
  if (!document) return document.takeError();
  return Lock().read(*document);
}

}  // namespace strata::analyzer

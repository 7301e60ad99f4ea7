#include "registry/short_names.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::registry {

namespace {
/// Whether docker would take the name's first part for a registry.
bool namesRegistry(llvm::StringRef name, const Reference& reference) {
  return name.starts_with(reference.domain + "/") || name.starts_with("index.docker.io/");
}

/// `repository` with the tag and digest that were asked for.
llvm::Expected<Reference> asked(const std::string& repository, const Reference& like, const std::string& file) {
  auto reference = parseReference(repository);
  if (!reference) return withContext(reference.takeError(), file);
  reference->tag = like.tag;
  reference->digest = like.digest;
  return reference;
}
}  // namespace

llvm::Expected<std::vector<Reference>> meaningsOf(llvm::StringRef name, const RegistriesConf& conf) {
  auto plain = parseReference(name);
  if (!plain) return plain.takeError();
  if (namesRegistry(name, *plain)) return std::vector<Reference>{std::move(*plain)};
  std::string shortName = plain->familiarRepository();
  if (auto alias = conf.aliases.find(shortName); alias != conf.aliases.end()) {
    auto reference = asked(alias->second.value, *plain, alias->second.file);
    if (!reference) return reference.takeError();
    return std::vector<Reference>{std::move(*reference)};
  }
  std::vector<Reference> all;
  for (const Said& registry : conf.searched) {
    // docker.io alone has a namespace of its own for names without one.
    std::string repository = registry.value == "docker.io" ? plain->repository() : registry.value + "/" + shortName;
    auto reference = asked(repository, *plain, registry.file);
    if (!reference) return reference.takeError();
    all.push_back(std::move(*reference));
  }
  if (all.empty()) all.push_back(std::move(*plain));
  return all;
}

std::vector<Reference> furtherMeaningsOf(llvm::StringRef name) {
  auto plain = parseReference(name);
  if (!plain) return llvm::consumeError(plain.takeError()), std::vector<Reference>();
  if (namesRegistry(name, *plain)) return {};
  auto conf = loadRegistriesConf();
  if (!conf) return llvm::consumeError(conf.takeError()), std::vector<Reference>();
  auto meanings = meaningsOf(name, *conf);
  if (!meanings) return llvm::consumeError(meanings.takeError()), std::vector<Reference>();
  llvm::erase_if(*meanings, [&](const Reference& meaning) { return meaning == *plain; });
  return std::move(*meanings);
}

}  // namespace strata::registry

#include "registry/settings/registries_conf.h"

#include "registry/settings/looked_at.h"
#include "registry/settings/toml.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <cstdlib>

namespace strata::registry {

namespace {
using llvm::json::Array;
using llvm::json::Object;

constexpr llvm::StringLiteral kSystemDirectory = "/etc/containers";

/// How much of `name` ("host:1/path") the prefix covers; nothing if it does not match. "*.example.com" covers a host
/// below example.com, with what stands before it.
std::optional<size_t> matched(llvm::StringRef prefix, llvm::StringRef name) {
  size_t length = prefix.size();
  if (prefix.consume_front("*")) {
    size_t at = name.find(prefix);
    if (at == 0 || at == llvm::StringRef::npos || name.take_front(at).contains('/')) return std::nullopt;
    length = at + prefix.size();
  } else if (!name.starts_with(prefix)) {
    return std::nullopt;
  }
  llvm::StringRef rest = name.drop_front(length);
  if (rest.empty() || rest[0] == '/' || rest[0] == ':' || rest[0] == '@') return length;
  return std::nullopt;
}

llvm::Expected<bool> truth(const Object& table, llvm::StringRef member) {
  const llvm::json::Value* value = table.get(member);
  if (!value) return false;
  if (auto truth = value->getAsBoolean()) return *truth;
  return fault(FaultKind::Invalid, member + " is neither true nor false");
}

std::string placeIn(const Object& table, llvm::StringRef member) {
  return table.getString(member).value_or("").rtrim('/').str();
}

llvm::Expected<MirrorEntry> readMirror(const Object& table, bool byDigestOnly) {
  MirrorEntry mirror{.location = placeIn(table, "location")};
  if (mirror.location.empty()) return fault(FaultKind::Invalid, "a mirror without a location");
  auto insecure = truth(table, "insecure");
  if (!insecure) return insecure.takeError();
  mirror.insecure = *insecure;
  llvm::StringRef pulls = table.getString("pull-from-mirror").value_or(byDigestOnly ? "digest-only" : "all");
  if (pulls != "all" && pulls != "digest-only" && pulls != "tag-only")
    return fault(FaultKind::Invalid, "pull-from-mirror is \"" + pulls + "\": use all, digest-only or tag-only");
  mirror.tags = pulls != "digest-only";
  mirror.digests = pulls != "tag-only";
  return mirror;
}

llvm::Expected<RegistryEntry> readEntry(const Object& table, const std::string& file) {
  RegistryEntry entry{.prefix = placeIn(table, "prefix"), .location = placeIn(table, "location"), .file = file};
  if (entry.prefix.empty()) entry.prefix = entry.location;
  if (entry.prefix.empty()) return fault(FaultKind::Invalid, "a registry without a location");
  std::map<llvm::StringRef, bool> says;
  for (llvm::StringRef member : {"insecure", "blocked", "mirror-by-digest-only"}) {
    auto value = truth(table, member);
    if (!value) return value.takeError();
    says[member] = *value;
  }
  entry.insecure = says["insecure"];
  entry.blocked = says["blocked"];
  const Array* mirrors = table.getArray("mirror");
  for (size_t i = 0; mirrors && i < mirrors->size(); ++i) {
    const Object* mirror = (*mirrors)[i].getAsObject();
    if (!mirror) return fault(FaultKind::Invalid, "mirror is no table");
    auto read = readMirror(*mirror, says["mirror-by-digest-only"]);
    if (!read) return withContext(read.takeError(), entry.prefix);
    entry.mirrors.push_back(std::move(*read));
  }
  return entry;
}

llvm::Error addRegistries(const Object& document, const std::string& file, RegistriesConf& conf) {
  if (document.get("registries"))
    return fault(FaultKind::Invalid, "this is version 1 of registries.conf; [[registry]] tables are version 2");
  if (const Array* searched = document.getArray("unqualified-search-registries")) {
    conf.searched.clear();
    for (const llvm::json::Value& value : *searched)
      if (auto text = value.getAsString()) conf.searched.push_back({text->str(), file});
  }
  if (const Object* aliases = document.getObject("aliases"))
    for (const auto& [name, value] : *aliases) {
      auto text = value.getAsString();
      if (text && text->empty())
        conf.aliases.erase(name.str());
      else if (text)
        conf.aliases[name.str()] = {text->str(), file};
    }
  const Array* registries = document.getArray("registry");
  for (size_t i = 0; registries && i < registries->size(); ++i) {
    const Object* table = (*registries)[i].getAsObject();
    if (!table) return fault(FaultKind::Invalid, "registry is no table");
    auto entry = readEntry(*table, file);
    if (!entry) return entry.takeError();
    llvm::erase_if(conf.entries,
                   [&](const RegistryEntry& one) { return one.prefix == entry->prefix && one.file != file; });
    conf.entries.push_back(std::move(*entry));
  }
  return llvm::Error::success();
}

llvm::Error addFile(const std::string& path, RegistriesConf& conf) {
  bool there = pathExists(path);
  conf.files.push_back({path, there});
  if (!there) return llvm::Error::success();
  auto text = readFile(path, kLargestSettings);
  if (!text) return text.takeError();
  return withContext(addRegistries(*text, path, conf), path);
}

/// registries.conf, or what stands for it; then the directories of drop-ins.
std::pair<std::string, std::vector<std::string>> places() {
  std::string user = userContainersDirectory(), system = kSystemDirectory.str();
  std::string systemParts = joinPath(system, "registries.conf.d");
  std::vector<std::string> parts{systemParts};
  if (!user.empty()) parts.push_back(joinPath(user, "registries.conf.d"));
  if (const char* named = ::getenv("CONTAINERS_REGISTRIES_CONF"); named && *named) return {named, parts};
  std::string users = user.empty() ? "" : joinPath(user, "registries.conf");
  if (!users.empty() && pathExists(users)) return {users, {parts.back()}};
  return {joinPath(system, "registries.conf"), parts};
}
}  // namespace

llvm::Error addRegistries(llvm::StringRef toml, const std::string& file, RegistriesConf& conf) {
  auto document = parseToml(toml);
  if (!document) return document.takeError();
  return addRegistries(*document, file, conf);
}

std::string RegistryEntry::rewritten(llvm::StringRef name, llvm::StringRef place) const {
  return place.empty() ? name.str() : (place + name.drop_front(matched(prefix, name).value_or(0))).str();
}

const RegistryEntry* RegistriesConf::find(llvm::StringRef name) const {
  const RegistryEntry* best = nullptr;
  for (const RegistryEntry& entry : entries)
    if (matched(entry.prefix, name) && (!best || entry.prefix.size() > best->prefix.size())) best = &entry;
  return best;
}

llvm::Expected<RegistriesConf> loadRegistriesConf() {
  RegistriesConf conf;
  auto [main, directories] = places();
  if (auto error = addFile(main, conf)) return error;
  for (const std::string& directory : directories) {
    std::vector<std::string> names = filesIn(directory, ".conf");
    if (names.empty()) conf.files.push_back({directory, false});
    for (const std::string& name : names)
      if (auto error = addFile(joinPath(directory, name), conf)) return error;
  }
  return conf;
}

}  // namespace strata::registry

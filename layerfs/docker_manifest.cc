#include "layerfs/docker_manifest.h"

#include "support/fault.h"
#include "support/text.h"

namespace strata::layerfs {

namespace {
llvm::Error invalidList(const llvm::Twine& message) { return fault(FaultKind::Invalid, "manifest.json: " + message); }

llvm::Expected<DockerManifestEntry> parseEntry(const llvm::json::Value& value) {
  const llvm::json::Object* object = value.getAsObject();
  auto config = object ? object->getString("Config") : std::nullopt;
  const llvm::json::Array* layers = object ? object->getArray("Layers") : nullptr;
  if (!config || !layers) return invalidList("an entry lacks Config or Layers");
  DockerManifestEntry entry{.config = config->str()};
  for (const llvm::json::Value& layer : *layers) {
    auto path = layer.getAsString();
    if (!path) return invalidList("Layers is not a list of paths");
    entry.layers.push_back(path->str());
  }
  if (const llvm::json::Array* tags = object->getArray("RepoTags"))
    for (const llvm::json::Value& tag : *tags)
      if (auto name = tag.getAsString()) entry.names.push_back(name->str());
  return entry;
}
}  // namespace

llvm::Expected<std::vector<DockerManifestEntry>> parseDockerManifest(llvm::StringRef json) {
  auto value = parseJson(json);
  if (!value) return withContext(value.takeError(), "manifest.json");
  const llvm::json::Array* array = value->getAsArray();
  if (!array) return invalidList("not a list");
  std::vector<DockerManifestEntry> entries;
  for (const llvm::json::Value& one : *array) {
    auto entry = parseEntry(one);
    if (!entry) return entry.takeError();
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace strata::layerfs

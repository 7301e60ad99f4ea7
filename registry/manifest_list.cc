#include "registry/manifest_list.h"

#include "layerfs/image_config.h"
#include "registry/copy.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/raw_ostream.h>

namespace strata::registry {

namespace {
using llvm::json::Array;
using llvm::json::Object;
namespace media = layerfs::media;

constexpr size_t kLargestFile = 64 << 20;
constexpr size_t kLargestConfig = 16 << 20;

/// In the order in which docker writes them.
void writePlatform(const ManifestListEntry& entry, llvm::json::OStream& out) {
  const layerfs::Platform platform = entry.descriptor.platform.value_or(layerfs::Platform());
  out.attribute("architecture", platform.architecture);
  out.attribute("os", platform.os);
  if (!platform.osVersion.empty()) out.attribute("os.version", platform.osVersion);
  if (!entry.osFeatures.empty())
    out.attributeArray("os.features", [&] {
      for (const std::string& feature : entry.osFeatures) out.value(feature);
    });
  if (!platform.variant.empty()) out.attribute("variant", platform.variant);
}

void writeEntry(const ManifestListEntry& entry, llvm::json::OStream& out) {
  out.attribute("mediaType", entry.descriptor.mediaType);
  out.attribute("size", int64_t(entry.descriptor.size));
  out.attribute("digest", entry.descriptor.digest.str());
  out.attributeObject("platform", [&] { writePlatform(entry, out); });
}

Object kept(const ManifestListEntry& entry) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream);
  out.object([&] { writeEntry(entry, out); });
  return Object{{"reference", entry.reference}, {"descriptor", text}, {"manifest", entry.manifest}};
}

llvm::Expected<ManifestListEntry> readKept(const llvm::json::Value& value) {
  const Object* object = value.getAsObject();
  auto text = [&](llvm::StringRef name) { return object ? object->getString(name).value_or("") : ""; };
  auto document = parseJson(text("descriptor"));
  if (!document) return document.takeError();
  auto descriptor = layerfs::parseDescriptor(*document);
  if (!descriptor) return descriptor.takeError();
  ManifestListEntry entry{.reference = text("reference").str(),
                          .descriptor = std::move(*descriptor),
                          .osFeatures = {},
                          .manifest = text("manifest").str()};
  const Object* platform = document->getAsObject()->getObject("platform");
  if (platform) {  // as it was annotated, not normalised
    auto member = [&](llvm::StringRef name) { return platform->getString(name).value_or("").str(); };
    entry.descriptor.platform = {member("os"), member("architecture"), member("variant"), member("os.version")};
  }
  if (const Array* features = platform ? platform->getArray("os.features") : nullptr)
    for (const llvm::json::Value& feature : *features)
      if (auto name = feature.getAsString()) entry.osFeatures.push_back(name->str());
  return entry;
}

llvm::Expected<ManifestList> readList(llvm::StringRef text) {
  auto document = parseJson(text, kLargestFile);
  if (!document) return document.takeError();
  const Object* object = document->getAsObject();
  const Array* entries = object ? object->getArray("entries") : nullptr;
  if (!entries) return fault(FaultKind::Invalid, "no list of manifests");
  ManifestList list{.name = object->getString("name").value_or("").str(), .entries = {}};
  for (const llvm::json::Value& value : *entries) {
    auto entry = readKept(value);
    if (!entry) return entry.takeError();
    list.entries.push_back(std::move(*entry));
  }
  return list;
}
}  // namespace

ManifestListEntry* ManifestList::find(llvm::StringRef reference) {
  auto found = llvm::find_if(entries, [&](const ManifestListEntry& entry) { return entry.reference == reference; });
  return found == entries.end() ? nullptr : &*found;
}

std::string ManifestList::mediaType() const {
  bool oci = !entries.empty() && entries.front().descriptor.mediaType == media::kOciManifest;
  return (oci ? media::kOciIndex : media::kDockerList).str();
}

std::string ManifestList::text() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream);
  out.object([&] {
    out.attribute("schemaVersion", 2);
    out.attribute("mediaType", mediaType());
    out.attributeArray("manifests", [&] {
      for (const ManifestListEntry& entry : entries) out.object([&] { writeEntry(entry, out); });
    });
  });
  return text;
}

llvm::Expected<ManifestListEntry> fetchEntry(Client& client, const Reference& reference) {
  auto repository = client.repository(reference);
  if (!repository) return repository.takeError();
  auto raw = (*repository)->manifest(reference.tagOrDigest());
  if (!raw) return raw.takeError();
  if (media::isIndex(raw->descriptor.mediaType))
    return fault(FaultKind::Invalid, reference.familiar() + " is a manifest list; name its members by their digests");
  auto manifest = layerfs::parseManifest(raw->text);
  if (!manifest) return manifest.takeError();
  auto source = (*repository)->openBlob(manifest->config);
  if (!source) return source.takeError();
  auto text = readAll(**source, kLargestConfig);
  if (!text) return text.takeError();
  auto config = layerfs::parseImageConfig(*text);
  if (!config) return withContext(config.takeError(), reference.familiar());
  ManifestListEntry entry{.reference = reference.canonical(),
                          .descriptor = raw->descriptor,
                          .osFeatures = config->osFeatures,
                          .manifest = std::move(raw->text)};
  entry.descriptor.platform = config->platform;
  return entry;
}

llvm::Expected<layerfs::Descriptor> pushList(Client& client, const ManifestList& list,
                                             llvm::function_ref<void(const layerfs::Descriptor&)> tell) {
  auto name = parseReference(list.name);
  if (!name) return name.takeError();
  auto target = client.repository(*name, Client::Use::Push);
  if (!target) return target.takeError();
  SilentProgress silent;
  for (const ManifestListEntry& entry : list.entries) {
    auto reference = parseReference(entry.reference);
    if (!reference) return reference.takeError();
    auto source = client.repository(*reference);
    if (!source) return source.takeError();
    auto copied = copyImage(**source, entry.descriptor.digest.str(), **target, {}, {}, silent);
    if (!copied) return withContext(copied.takeError(), reference->familiar());
    tell(*copied);
  }
  std::string text = list.text();
  if (auto error = (*target)->pushManifest(text, list.mediaType(), name->tag)) return error;
  return layerfs::Descriptor{.mediaType = list.mediaType(), .digest = digestOf(text), .size = text.size()};
}

std::string ManifestLists::pathOf(llvm::StringRef name) const {
  return joinPath(directory_, digestOf(name).hex() + ".json");
}

llvm::Expected<std::optional<ManifestList>> ManifestLists::find(const Reference& name) const {
  std::string path = pathOf(name.canonical());
  if (!pathExists(path)) return std::nullopt;
  auto text = readFile(path, kLargestFile);
  if (!text) return text.takeError();
  auto list = readList(*text);
  if (!list) return withContext(list.takeError(), path);
  return std::move(*list);
}

llvm::Expected<ManifestList> ManifestLists::load(const Reference& name) const {
  auto list = find(name);
  if (!list) return list.takeError();
  if (!*list) return fault(FaultKind::NotFound, "No such manifest: " + name.familiar());
  return std::move(**list);
}

llvm::Error ManifestLists::save(const ManifestList& list) const {
  Array entries;
  for (const ManifestListEntry& entry : list.entries) entries.push_back(kept(entry));
  if (auto error = makeDirectories(directory_)) return error;
  Object document{{"name", list.name}, {"entries", std::move(entries)}};
  return writeFileAtomically(pathOf(list.name), printJson(std::move(document)) + "\n");
}

llvm::Error ManifestLists::remove(const Reference& name) const {
  if (auto list = load(name); !list) return list.takeError();
  return removeTree(pathOf(name.canonical()));
}

}  // namespace strata::registry

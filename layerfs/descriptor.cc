#include "layerfs/descriptor.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/Support/raw_ostream.h>

namespace strata::layerfs {

namespace media {
bool isIndex(llvm::StringRef type) { return type == kOciIndex || type == kDockerList; }
bool isManifest(llvm::StringRef type) { return type == kOciManifest || type == kDockerManifest; }
}  // namespace media

namespace {
using llvm::json::Object;

llvm::Error invalidDocument(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

llvm::Expected<std::map<std::string, std::string>> parseAnnotations(const Object& object) {
  std::map<std::string, std::string> annotations;
  const llvm::json::Value* value = object.get("annotations");
  if (!value || value->kind() == llvm::json::Value::Null) return annotations;
  const Object* members = value->getAsObject();
  if (!members) return invalidDocument("annotations: not an object");
  for (const auto& [key, text] : *members) {
    auto string = text.getAsString();
    if (!string) return invalidDocument("annotations: " + key.str() + " is no string");
    annotations[key.str()] = string->str();
  }
  return annotations;
}

Platform parsePlatformMember(const Object& object) {
  auto text = [&](llvm::StringRef key) { return object.getString(key).value_or("").str(); };
  return normalised({text("os"), text("architecture"), text("variant"), text("os.version")});
}

llvm::Expected<Object> parseDocument(llvm::StringRef json, llvm::StringRef what) {
  auto value = parseJson(json);
  if (!value) return withContext(value.takeError(), what);
  Object* object = value->getAsObject();
  if (!object) return invalidDocument(what + ": not an object");
  if (object->getInteger("schemaVersion") != 2) return invalidDocument(what + ": schemaVersion is not 2");
  return std::move(*object);
}

llvm::Expected<std::vector<Descriptor>> parseDescriptors(const Object& object, llvm::StringRef member) {
  std::vector<Descriptor> descriptors;
  const llvm::json::Array* array = object.getArray(member);
  if (!array) return invalidDocument(member + ": missing or not a list");
  for (const llvm::json::Value& value : *array) {
    auto descriptor = parseDescriptor(value);
    if (!descriptor) return withContext(descriptor.takeError(), member + "[" + llvm::Twine(descriptors.size()) + "]");
    descriptors.push_back(std::move(*descriptor));
  }
  return descriptors;
}

void writeAnnotations(llvm::json::OStream& out, const std::map<std::string, std::string>& annotations) {
  if (annotations.empty()) return;
  out.attributeObject("annotations", [&] {
    for (const auto& [key, value] : annotations) out.attribute(key, llvm::json::fixUTF8(value));
  });
}

void writeDescriptor(llvm::json::OStream& out, const Descriptor& descriptor) {
  out.attribute("mediaType", descriptor.mediaType);
  out.attribute("digest", descriptor.digest.str());
  out.attribute("size", int64_t(descriptor.size));
  writeAnnotations(out, descriptor.annotations);
  if (!descriptor.platform) return;
  out.attributeObject("platform", [&] {
    out.attribute("architecture", descriptor.platform->architecture);
    out.attribute("os", descriptor.platform->os);
    if (!descriptor.platform->osVersion.empty()) out.attribute("os.version", descriptor.platform->osVersion);
    if (!descriptor.platform->variant.empty()) out.attribute("variant", descriptor.platform->variant);
  });
}
}  // namespace

llvm::Expected<Descriptor> parseDescriptor(const llvm::json::Value& value) {
  const Object* object = value.getAsObject();
  if (!object) return invalidDocument("descriptor: not an object");
  Descriptor descriptor;
  auto mediaType = object->getString("mediaType");
  if (!mediaType) return invalidDocument("mediaType: missing or not a string");
  descriptor.mediaType = mediaType->str();
  auto text = object->getString("digest");
  if (!text) return invalidDocument("digest: missing");
  auto digest = Digest::parse(*text);
  if (!digest) return digest.takeError();
  descriptor.digest = *digest;
  auto size = object->getInteger("size");
  if (!size || *size < 0) return invalidDocument("size: missing or negative");
  descriptor.size = uint64_t(*size);
  auto annotations = parseAnnotations(*object);
  if (!annotations) return annotations.takeError();
  descriptor.annotations = std::move(*annotations);
  if (const Object* platform = object->getObject("platform")) descriptor.platform = parsePlatformMember(*platform);
  return descriptor;
}

llvm::Expected<Manifest> parseManifest(llvm::StringRef json) {
  auto object = parseDocument(json, "manifest");
  if (!object) return object.takeError();
  Manifest manifest;
  manifest.mediaType = object->getString("mediaType").value_or(media::kOciManifest).str();
  if (!media::isManifest(manifest.mediaType))
    return invalidDocument("manifest: mediaType " + manifest.mediaType + " is not one");
  const llvm::json::Value* config = object->get("config");
  if (!config) return invalidDocument("manifest: config is missing");
  auto descriptor = parseDescriptor(*config);
  if (!descriptor) return withContext(descriptor.takeError(), "manifest: config");
  manifest.config = std::move(*descriptor);
  auto layers = parseDescriptors(*object, "layers");
  if (!layers) return withContext(layers.takeError(), "manifest");
  manifest.layers = std::move(*layers);
  auto annotations = parseAnnotations(*object);
  if (!annotations) return withContext(annotations.takeError(), "manifest");
  manifest.annotations = std::move(*annotations);
  return manifest;
}

llvm::Expected<Index> parseIndex(llvm::StringRef json) {
  auto object = parseDocument(json, "index");
  if (!object) return object.takeError();
  Index index;
  index.mediaType = object->getString("mediaType").value_or(media::kOciIndex).str();
  if (!media::isIndex(index.mediaType)) return invalidDocument("index: mediaType " + index.mediaType + " is not one");
  auto manifests = parseDescriptors(*object, "manifests");
  if (!manifests) return withContext(manifests.takeError(), "index");
  index.manifests = std::move(*manifests);
  auto annotations = parseAnnotations(*object);
  if (!annotations) return withContext(annotations.takeError(), "index");
  index.annotations = std::move(*annotations);
  return index;
}

std::string printManifest(const Manifest& manifest) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream);
  out.object([&] {
    out.attribute("schemaVersion", 2);
    out.attribute("mediaType", manifest.mediaType);
    out.attributeObject("config", [&] { writeDescriptor(out, manifest.config); });
    out.attributeArray("layers", [&] {
      for (const Descriptor& layer : manifest.layers) out.object([&] { writeDescriptor(out, layer); });
    });
    writeAnnotations(out, manifest.annotations);
  });
  return text;
}

std::string printIndex(const Index& index) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream);
  out.object([&] {
    out.attribute("schemaVersion", 2);
    out.attribute("mediaType", index.mediaType);
    out.attributeArray("manifests", [&] {
      for (const Descriptor& manifest : index.manifests) out.object([&] { writeDescriptor(out, manifest); });
    });
    writeAnnotations(out, index.annotations);
  });
  return text;
}

}  // namespace strata::layerfs

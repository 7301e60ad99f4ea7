#include "cli/build_metadata.h"

#include "layerfs/descriptor.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Base64.h>

#include <cstdlib>

namespace strata::cli {

namespace {
using llvm::json::Array;
using llvm::json::Object;

Object toJson(const layerfs::Platform& platform) {
  Object object{{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.osVersion.empty()) object["os.version"] = platform.osVersion;
  if (!platform.variant.empty()) object["variant"] = platform.variant;
  return object;
}

Object toJson(const layerfs::Descriptor& descriptor) {
  Object object{
      {"mediaType", descriptor.mediaType}, {"digest", descriptor.digest.str()}, {"size", int64_t(descriptor.size)}};
  if (!descriptor.annotations.empty()) {
    Object annotations;
    for (const auto& [key, value] : descriptor.annotations)
      annotations[llvm::json::fixUTF8(key)] = llvm::json::fixUTF8(value);
    object["annotations"] = std::move(annotations);
  }
  if (descriptor.platform) object["platform"] = toJson(*descriptor.platform);
  return object;
}

/// In the shape of BuildKit's: texts and the file in base64, and a vertex, which is the one that read the file.
Array warningsOf(const builder::BuildResult& result) {
  std::string vertex = digestOf(result.dockerfile->text()).str();
  Array warnings;
  for (const builder::BuildWarning& warning : result.warnings)
    warnings.push_back(Object{{"vertex", vertex},
                              {"level", 1},
                              {"short", llvm::encodeBase64(warning.message)},
                              {"detail", Array{llvm::encodeBase64(warning.detail)}},
                              {"url", warning.url},
                              {"sourceInfo", Object{{"filename", llvm::json::fixUTF8(result.dockerfile->name())},
                                                    {"data", llvm::encodeBase64(result.dockerfile->text())},
                                                    {"language", "Dockerfile"}}},
                              {"range", Array{Object{{"start", Object{{"line", int64_t(warning.line)}}},
                                                     {"end", Object{{"line", int64_t(warning.lastLine)}}}}}}});
  return warnings;
}

bool wantsWarnings() {
  const char* wish = ::getenv("BUILDX_METADATA_WARNINGS");
  return wish && booleanOf(wish).value_or(false);
}
}  // namespace

llvm::json::Value metadataOf(const builder::BuildResult& result) {
  Object document{{"buildx.build.ref", result.buildId}};
  if (result.descriptor.digest) {
    document["containerimage.digest"] = result.descriptor.digest.str();
    document["containerimage.descriptor"] = toJson(result.descriptor);
    bool isIndex = layerfs::media::isIndex(result.descriptor.mediaType);
    if (!isIndex) document["containerimage.config.digest"] = result.image.str();
  }
  if (!result.names.empty()) document["image.name"] = llvm::join(result.names, ",");
  if (wantsWarnings() && !result.warnings.empty()) document["buildx.build.warnings"] = warningsOf(result);
  return document;
}

}  // namespace strata::cli

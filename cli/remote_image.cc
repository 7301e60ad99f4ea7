#include "cli/remote_image.h"

#include "registry/platform_choice.h"
#include "support/fault.h"

namespace strata::cli {

namespace {
constexpr size_t kLargestConfig = 16 << 20;

/// Of an index the manifest for the platform; any other stays.
llvm::Error narrow(registry::Repository& repository, llvm::StringRef platform,
                   registry::Repository::RawManifest& manifest) {
  if (!layerfs::media::isIndex(manifest.descriptor.mediaType)) return llvm::Error::success();
  auto wanted = layerfs::parsePlatform(platform.empty() ? "local" : platform);
  if (!wanted) return wanted.takeError();
  auto index = layerfs::parseIndex(manifest.text);
  if (!index) return index.takeError();
  auto entry = registry::chooseManifest(*index, *wanted);
  if (!entry) return entry.takeError();
  auto chosen = repository.manifest(entry->digest.str());
  if (!chosen) return chosen.takeError();
  manifest = std::move(*chosen);
  return llvm::Error::success();
}

llvm::Expected<layerfs::Image> imageOf(registry::Repository& repository, llvm::StringRef text) {
  auto manifest = layerfs::parseManifest(text);
  if (!manifest) return manifest.takeError();
  auto source = repository.openBlob(manifest->config);
  if (!source) return source.takeError();
  auto bytes = readAll(**source, kLargestConfig);
  if (!bytes) return bytes.takeError();
  auto config = layerfs::parseImageConfig(*bytes);
  if (!config) return config.takeError();
  layerfs::Image image{.id = manifest->config.digest, .manifest = {}, .config = std::move(*config)};
  for (const layerfs::Descriptor& layer : manifest->layers) image.size += layer.size;
  return image;
}
}  // namespace

llvm::Expected<layerfs::Image> loadRemoteImage(registry::Client& client, llvm::StringRef name,
                                               llvm::StringRef platform) {
  auto reference = client.find(name);
  if (!reference) return reference.takeError();
  auto repository = client.repository(*reference);
  if (!repository) return repository.takeError();
  auto manifest = (*repository)->manifest(reference->tagOrDigest());
  if (!manifest) return withContext(manifest.takeError(), reference->familiar());
  Digest root = manifest->descriptor.digest;
  if (auto error = narrow(**repository, platform, *manifest))
    return withContext(std::move(error), reference->familiar());
  auto image = imageOf(**repository, manifest->text);
  if (!image) return withContext(image.takeError(), reference->familiar());
  image->manifest = root;
  registry::Reference named = *reference;
  named.digest.reset();
  if (!named.tag.empty()) image->names = {named.canonical()};
  return image;
}

}  // namespace strata::cli

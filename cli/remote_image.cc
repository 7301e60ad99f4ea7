#include "cli/remote_image.h"

#include "analyzer/image/streamed_source.h"
#include "cli/flag_fault.h"
#include "cli/reading_view.h"
#include "layerfs/image_config.h"
#include "registry/pull.h"
#include "support/fault.h"

namespace strata::cli {

namespace {
struct FoundRemote {
  registry::Repository* repository = nullptr;
  registry::RemoteImage image;
  layerfs::ImageConfig config;
};

llvm::Expected<FoundRemote> findRemote(registry::Client& client, llvm::StringRef name, llvm::StringRef platform) {
  auto said = platformFlag(platform);
  if (!said) return said.takeError();
  auto match = *said ? registry::PlatformMatch::Required : registry::PlatformMatch::Preferred;
  auto reference = client.find(name);
  if (!reference) return reference.takeError();
  auto repository = client.repository(*reference);
  if (!repository) return repository.takeError();
  auto remote = registry::resolveRemote(**repository, *reference, said->value_or(layerfs::hostPlatform()), match);
  if (!remote) return remote.takeError();
  auto config = layerfs::parseImageConfig(remote->config);
  if (!config) return config.takeError();
  return FoundRemote{*repository, std::move(*remote), std::move(*config)};
}

std::vector<std::string> canonicalNames(registry::Reference reference) {
  reference.digest.reset();
  if (reference.tag.empty()) return {};
  return {reference.canonical()};
}
}  // namespace

llvm::Expected<layerfs::Image> loadRemoteImage(registry::Client& client, llvm::StringRef name,
                                               llvm::StringRef platform) {
  auto found = findRemote(client, name, platform);
  if (!found) return found.takeError();
  layerfs::Image image{.id = found->image.content.config.digest,
                       .manifest = found->image.root.digest,
                       .config = std::move(found->config)};
  for (const layerfs::Descriptor& layer : found->image.content.layers) image.size += layer.size;
  image.names = canonicalNames(found->image.reference);
  return image;
}

llvm::Expected<std::unique_ptr<analyzer::ImageSource>> openRemoteImage(registry::Client& client, llvm::StringRef name,
                                                                       llvm::StringRef platform,
                                                                       layerfs::LayerStore& layers,
                                                                       std::shared_ptr<ProgressSink> progress) {
  auto found = findRemote(client, name, platform);
  if (!found) return found.takeError();
  std::vector<layerfs::Descriptor>& blobs = found->image.content.layers;
  analyzer::ImageFacts facts = analyzer::factsOf(found->image.content.config.digest, std::move(found->config));
  if (facts.layers.size() != blobs.size())
    return fault(FaultKind::Corrupt, "the manifest names " + llvm::Twine(blobs.size()) + " layers, the configuration " +
                                         llvm::Twine(facts.layers.size()));
  facts.manifest = found->image.manifest.descriptor.digest;
  facts.names = canonicalNames(found->image.reference);
  std::vector<std::shared_ptr<layerfs::Layer>> here;
  for (auto [layer, blob] : llvm::zip(facts.layers, blobs)) {
    layer.compressedBytes = blob.size;
    auto known = layers.findByDiffId({layer.diffId});
    if (!known) return known.takeError();
    bool away = *known && (*known)->form() == layerfs::LayerForm::Remote;
    here.push_back(away ? nullptr : std::move(*known));
  }
  auto open = [repository = found->repository, blobs,
               progress](size_t layer) -> llvm::Expected<std::unique_ptr<ByteSource>> {
    const layerfs::Descriptor& blob = blobs[layer];
    auto opened = repository->openBlob(blob);
    if (!opened) return opened.takeError();
    return watched(std::move(*opened), progress, uint32_t(layer), blob.digest.shortHex(), blob.size);
  };
  return analyzer::makeStreamedImage(std::move(facts), std::move(open), std::move(here));
}

}  // namespace strata::cli

#include "registry/pull.h"

#include "layerfs/image_config.h"
#include "layerfs/outline_tail.h"
#include "registry/platform_choice.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::registry {

namespace {
using layerfs::Descriptor;
namespace media = layerfs::media;

bool saysIndex(const Repository::RawManifest& manifest) {
  if (media::isIndex(manifest.descriptor.mediaType)) return true;
  if (media::isManifest(manifest.descriptor.mediaType)) return false;
  auto index = layerfs::parseIndex(manifest.text);  // servers that only say "application/json"
  if (!index) llvm::consumeError(index.takeError());
  return bool(index) && !index->manifests.empty();
}

llvm::Error readManifest(RemoteImage& remote) {
  llvm::StringRef type = remote.manifest.descriptor.mediaType;
  if (type.contains("manifest.v1+") && type.contains("docker"))
    return fault(FaultKind::Unsupported,
                 "it is a manifest of the first schema, which registries gave up years ago: "
                 "push it anew with a client of today");
  auto content = layerfs::parseManifest(remote.manifest.text);
  if (!content) return content.takeError();
  remote.content = std::move(*content);
  llvm::StringRef config = remote.content.config.mediaType;
  if (config != media::kOciConfig && config != media::kDockerConfig)
    return fault(FaultKind::Unsupported, "it is no image: its configuration is of type " + config);
  return llvm::Error::success();
}

llvm::Error readConfig(Repository& repository, RemoteImage& remote) {
  if (remote.content.config.size > (16 << 20))
    return fault(FaultKind::Invalid, "its configuration is larger than 16 MiB");
  StringSink text;
  if (auto error = repository.fetchBlob(remote.content.config, text)) return error;
  remote.config = std::move(text.text);
  auto config = layerfs::parseImageConfig(remote.config);
  if (!config) return config.takeError();
  if (config->diffIds.size() != remote.content.layers.size())
    return fault(FaultKind::Corrupt, "its manifest names " + llvm::Twine(remote.content.layers.size()) +
                                         " layers, its configuration " + llvm::Twine(config->diffIds.size()));
  remote.platform = config->platform;
  return llvm::Error::success();
}

bool runsOn(const layerfs::Platform& platform, const layerfs::Platform& wanted) {
  layerfs::ImageIndex alone{.members = {{.platform = platform, .image = {}, .manifest = {}}}};
  return alone.find(wanted) != nullptr;
}

llvm::Error checkMatch(const Reference& reference, const layerfs::Platform& actual, const layerfs::Platform& wanted,
                       PlatformMatch match) {
  if (match == PlatformMatch::Preferred || runsOn(actual, wanted)) return llvm::Error::success();
  return fault(FaultKind::NotFound, "image with reference " + reference.familiar() +
                                        " was found but does not match the specified platform: wanted " + wanted.str() +
                                        ", actual: " + actual.str());
}

llvm::Error resolveInto(Repository& repository, Repository::RawManifest root, const layerfs::Platform& platform,
                        RemoteImage& remote) {
  remote.root = root.descriptor;
  remote.manifest = std::move(root);
  if (saysIndex(remote.manifest)) {
    auto index = layerfs::parseIndex(remote.manifest.text);
    if (!index) return index.takeError();
    auto entry = chooseManifest(*index, platform);
    if (!entry) return entry.takeError();
    auto manifest = repository.manifest(entry->digest.str());
    if (!manifest) return manifest.takeError();
    remote.manifest = std::move(*manifest);
  }
  if (auto error = readManifest(remote)) return error;
  return readConfig(repository, remote);
}
}  // namespace

llvm::Expected<RemoteImage> resolveRemote(Repository& repository, const Reference& reference,
                                          const layerfs::Platform& platform, PlatformMatch match) {
  auto root = repository.manifest(reference.tagOrDigest());
  if (!root) return withContext(root.takeError(), reference.familiar());
  RemoteImage remote{.reference = reference};
  if (auto error = resolveInto(repository, std::move(*root), platform, remote))
    return withContext(std::move(error), reference.familiar());
  if (auto error = checkMatch(reference, remote.platform, platform, match)) return error;
  return remote;
}

llvm::Expected<layerfs::Image> addRemote(const RemoteImage& remote, layerfs::Store& store) {
  auto config = layerfs::parseImageConfig(remote.config);
  if (!config) return config.takeError();
  std::string place = remote.reference.repository();
  std::optional<layerfs::Image> added;
  auto error = store.database().transact([&]() -> llvm::Error {
    std::vector<std::shared_ptr<layerfs::Layer>> layers;
    for (size_t i = 0; i < config->diffIds.size(); ++i) {
      const Descriptor& blob = remote.content.layers[i];
      Descriptor cameAs{
          .mediaType = blob.mediaType, .digest = blob.digest, .size = blob.size, .annotations = blob.annotations};
      layerfs::keepOutlineTail(cameAs);
      auto layer = store.layers().addRemote(config->diffIds[i], layerfs::LayerBlob{cameAs, place}, cameAs);
      if (!layer) return layer.takeError();
      layers.push_back(std::move(*layer));
    }
    auto image = store.images().createFromDocuments({.config = remote.config,
                                                     .manifest = remote.manifest.text,
                                                     .manifestType = remote.manifest.descriptor.mediaType,
                                                     .sync = Sync::No},
                                                    std::move(layers));
    if (!image) return image.takeError();
    added = std::move(*image);
    return store.images().digests().put(added->id, {place, remote.root.digest});
  });
  if (error) return withContext(std::move(error), remote.reference.familiar());
  return std::move(*added);
}

namespace {
/// For this very platform, or what the name leads to for everybody.
bool isMeantFor(const layerfs::Image& image, const Digest& root, const layerfs::Platform& platform) {
  bool exact = layerfs::normalised(image.config.platform) == layerfs::normalised(platform);
  return exact || (image.manifest == root && runsOn(image.config.platform, platform));
}

/// Nothing for one that has gone, or is an index, which a repository's digest does not stand for here.
llvm::Expected<std::optional<layerfs::Image>> loadIfThere(const Digest& id, layerfs::Store& store) {
  auto image = store.images().load(id);
  if (image) return std::move(*image);
  auto error = image.takeError();
  if (!takeIf(error, FaultKind::NotFound)) return error;
  return std::nullopt;
}

/// The image that the store has of what the repository names by this digest.
llvm::Expected<std::optional<layerfs::Image>> knownBy(const Reference& reference, const Digest& root,
                                                      const layerfs::Platform& platform, layerfs::Store& store) {
  auto ids = store.images().digests().find({reference.repository(), root});
  if (!ids) return ids.takeError();
  for (const Digest& id : *ids) {
    auto image = loadIfThere(id, store);
    if (!image) return image.takeError();
    if (*image && isMeantFor(**image, root, platform)) return std::move(*image);
  }
  return std::nullopt;
}

/// The repository has them still; a blob that was once not found there had been forgotten.
llvm::Error noteBlobs(const layerfs::Image& image, const std::string& place, layerfs::Store& store) {
  for (size_t i = 0; i < image.layers.size(); ++i) {
    auto blob = image.layers[i]->cameAs();
    if (!blob || image.layers[i]->form() != layerfs::LayerForm::Remote) continue;
    if (auto error = store.layers().blobs().put(image.config.diffIds[i], {*blob, place})) return error;
  }
  return llvm::Error::success();
}

/// Gives the image its name. True if that led elsewhere.
llvm::Expected<bool> nameIt(const layerfs::Image& image, const Digest& root, const Reference& reference,
                            layerfs::Store& store) {
  if (reference.digest) return false;
  auto before = store.images().findByName(reference.canonical());
  if (!before) return before.takeError();
  if (*before == image.id) return false;
  auto known = store.images().digests().find({reference.repository(), root});
  if (!known) return known.takeError();
  bool sameIndex = *before && llvm::is_contained(*known, **before);
  if (sameIndex && !runsOn(image.config.platform, layerfs::hostPlatform())) return false;
  if (auto error = store.images().tag(image.id, reference.canonical())) return error;
  return true;
}
}  // namespace

llvm::Expected<Pulled> pullDocuments(Client& client, const Reference& reference, const layerfs::Platform& platform,
                                     layerfs::Store& store, PlatformMatch match) {
  auto repository = client.repository(reference);
  if (!repository) return repository.takeError();
  auto root = (*repository)->manifest(reference.tagOrDigest());
  if (!root) return withContext(root.takeError(), reference.familiar());
  Pulled pulled{.image = {}, .root = root->descriptor.digest};
  auto known = knownBy(reference, pulled.root, platform, store);
  if (!known) return known.takeError();
  bool isKnown = known->has_value();
  if (isKnown) {
    pulled.image = std::move(**known);
    if (auto error = checkMatch(reference, pulled.image.config.platform, platform, match)) return error;
    if (auto error = noteBlobs(pulled.image, reference.repository(), store)) return error;
  } else {
    RemoteImage remote{.reference = reference};
    if (auto error = resolveInto(**repository, std::move(*root), platform, remote))
      return withContext(std::move(error), reference.familiar());
    if (auto error = checkMatch(reference, remote.platform, platform, match)) return error;
    auto image = addRemote(remote, store);
    if (!image) return image.takeError();
    pulled.image = std::move(*image);
  }
  auto renamed = nameIt(pulled.image, pulled.root, reference, store);
  if (!renamed) return renamed.takeError();
  pulled.isNew = !isKnown || *renamed;
  return pulled;
}

llvm::Expected<StoredImage> findStored(const Reference& reference, const layerfs::Platform& platform,
                                       layerfs::Store& store) {
  StoredImage stored;
  if (reference.digest) {
    auto known = knownBy(reference, *reference.digest, platform, store);
    if (!known) return known.takeError();
    stored.image = std::move(*known);
    return stored;
  }
  auto id = store.images().findByName(reference.canonical(), platform);
  if (!id) return id.takeError();
  if (!*id) return stored;
  auto image = loadIfThere(**id, store);
  if (!image) return image.takeError();
  if (!*image) return stored;
  auto digests = store.images().digests().of((*image)->id);
  if (!digests) return digests.takeError();
  bool isMeant = false;
  stored.madeHere = true;
  for (const layerfs::RepositoryDigest& known : *digests) {
    if (known.repository != reference.repository()) continue;
    stored.madeHere = false;
    isMeant |= isMeantFor(**image, known.digest, platform);
  }
  if (isMeant || (stored.madeHere && runsOn((*image)->config.platform, platform))) {
    stored.image = std::move(*image);
    return stored;
  }
  stored.other = std::move(*image);
  for (const layerfs::RepositoryDigest& known : *digests) {
    if (known.repository != reference.repository()) continue;
    auto sibling = knownBy(reference, known.digest, platform, store);
    if (!sibling) return sibling.takeError();
    if (!*sibling) continue;
    stored.image = std::move(*sibling);
    break;
  }
  return stored;
}

}  // namespace strata::registry

#include "layerfs/image_store.h"

#include "layerfs/image_rows.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <map>
#include <set>

namespace strata::layerfs {

struct ImageStore::Impl {
  Database& database;
  ContentStore& content;
  LayerStore& layers;
  ImageIndexes indexes;
  ImageRows rows;
  ImageDigests digests;

  /// An image whose layer was damaged and made again takes the new one. Whether it is made of just these layers then.
  llvm::Expected<bool> relink(const Digest& id, const std::vector<std::shared_ptr<Layer>>& layers) {
    auto ids = rows.layersOf(id);
    if (!ids) return ids.takeError();
    bool isMadeOfThem = ids->size() == layers.size();
    for (size_t i = 0; i < layers.size() && i < ids->size(); ++i) {
      if ((*ids)[i] == layers[i]->id()) continue;
      if (this->layers.contains((*ids)[i]))
        isMadeOfThem = false;
      else if (auto error = rows.setLayer(id, i, layers[i]->id()))
        return error;
    }
    return isMadeOfThem;
  }

  /// An image that lost its last name, if a layer of it was found damaged and dropped: what a build made of the same
  /// name stands for it now.
  llvm::Error dropIfBroken(const Digest& id) {
    auto names = rows.namesOf(id);
    if (!names) return names.takeError();
    auto index = indexes.findByMember(id);
    if (!index) return index.takeError();
    if (!names->empty() || *index) return llvm::Error::success();
    auto ids = rows.layersOf(id);
    if (!ids) return ids.takeError();
    bool whole = llvm::all_of(*ids, [&](LayerId layer) { return layers.contains(layer); });
    return whole ? llvm::Error::success() : rows.remove(id);
  }

  /// The image of these documents and these layers, whose diffIDs the configuration must name. With neither notes nor a
  /// manifest an image that is there keeps its own.
  llvm::Expected<Image> store(const KeptDocuments& documents, ImageConfig config,
                              std::vector<std::shared_ptr<Layer>> layers, const ManifestNotes* notes) {
    if (config.diffIds.size() != layers.size())
      return fault(FaultKind::Invalid, "the configuration names " + llvm::Twine(config.diffIds.size()) +
                                           " layers, there are " + llvm::Twine(layers.size()));
    Manifest manifest;
    if (notes) manifest.annotations = notes->annotations;
    uint64_t size = 0;
    for (size_t i = 0; i < layers.size(); ++i) {
      auto identity = layers[i]->tarIdentity();
      if (!identity) return identity.takeError();
      if (identity->diffId != config.diffIds[i])
        return fault(FaultKind::Corrupt, "layer " + llvm::Twine(i) + " has diffID " + identity->diffId.digest.str() +
                                             ", the configuration says " + config.diffIds[i].digest.str());
      auto descriptor = layers[i]->descriptor();
      if (!descriptor) return descriptor.takeError();
      size += identity->size ? identity->size : descriptor->size;
      manifest.layers.push_back(std::move(*descriptor));
      if (notes && i < notes->layers.size()) manifest.layers.back().annotations = notes->layers[i];
    }
    auto stored = content.put(documents.config, media::kOciConfig, documents.sync);
    if (!stored) return stored.takeError();
    manifest.config = *stored;
    auto written = documents.manifest.empty() ? content.put(printManifest(manifest), media::kOciManifest)
                                              : content.put(documents.manifest, documents.manifestType, documents.sync);
    if (!written) return written.takeError();
    std::lock_guard lock(database.mutex());  // not before: writing two files to the disk takes others' time
    Image image{.id = stored->digest,
                .manifest = written->digest,
                .config = std::move(config),
                .layers = std::move(layers),
                .size = size};
    auto known = rows.contains(image.id);
    if (!known) return known.takeError();
    if (!*known) {
      if (auto error = rows.insert(image)) return error;
      return image;
    }
    auto isMadeOfThem = relink(image.id, image.layers);
    if (!isMadeOfThem) return isMadeOfThem.takeError();
    bool keepsManifest = !notes && documents.manifest.empty();
    if (!keepsManifest)
      if (auto error = rows.setManifest(image.id, image.manifest)) return error;
    if (keepsManifest || !*isMadeOfThem) return load(image.id);
    auto names = rows.namesOf(image.id);
    if (!names) return names.takeError();
    image.names = std::move(*names);
    return image;
  }

  /// What the store has of an image beside its row. A part that is missing is a damage and not an absent image.
  llvm::Error complete(Image& image) {
    auto document = content.read(image.id);
    if (!document) return damaged(document.takeError());
    auto config = parseImageConfig(*document);
    if (!config) return damaged(config.takeError());
    image.config = std::move(*config);
    auto ids = rows.layersOf(image.id);
    if (!ids) return ids.takeError();
    if (ids->size() != image.config.diffIds.size())
      return fault(FaultKind::Corrupt, "it has " + llvm::Twine(ids->size()) + " layers, its configuration names " +
                                           llvm::Twine(image.config.diffIds.size()));
    for (LayerId layerId : *ids) {
      auto layer = layers.load(layerId);
      if (!layer) return damaged(layer.takeError());
      image.layers.push_back(std::move(*layer));
    }
    if (auto error = measure(image)) return error;
    auto names = rows.namesOf(image.id);
    if (!names) return names.takeError();
    image.names = std::move(*names);
    return checkManifest(image, document->size());
  }

  /// The tars that came since the image was made known count as what they are.
  static llvm::Error measure(Image& image) {
    uint64_t size = 0;
    for (const std::shared_ptr<Layer>& layer : image.layers) {
      auto identity = layer->tarIdentity();
      if (!identity) return damaged(identity.takeError());
      if (identity->size == 0) return llvm::Error::success();
      size += identity->size;
    }
    image.size = size;
    return llvm::Error::success();
  }

  /// A manifest without notes is written again where it is damaged: its bytes follow from the rest.
  llvm::Error checkManifest(const Image& image, uint64_t configSize) {
    auto there = content.read(image.manifest);
    if (there) return llvm::Error::success();
    Manifest plain{.config = {.mediaType = media::kOciConfig.str(), .digest = image.id, .size = configSize}};
    for (size_t i = 0; i < image.layers.size(); ++i) {
      auto descriptor = image.layers[i]->descriptor();
      if (!descriptor) return damaged(llvm::joinErrors(there.takeError(), descriptor.takeError()));
      plain.layers.push_back(std::move(*descriptor));
    }
    std::string text = printManifest(plain);
    if (digestOf(text) != image.manifest) return damaged(there.takeError());
    database.reportDamage({"blob", image.manifest.str(), messageOf(there.takeError())});
    return content.put(text, media::kOciManifest).takeError();
  }

  /// With the indexes that hold it, which are nothing without it.
  llvm::Error drop(const Digest& id, const std::string& problem) {
    auto names = rows.namesOf(id);
    if (!names) return names.takeError();
    return database.transact([&]() -> llvm::Error {
      for (;;) {
        auto index = indexes.findByMember(id);
        if (!index) return index.takeError();
        if (!*index) break;
        if (auto error = indexes.remove(**index)) return error;
        database.reportDamage({"image", (*index)->shortHex(), "its image " + id.shortHex() + " is damaged"});
      }
      if (auto error = rows.remove(id)) return error;
      database.reportDamage({"image", names->empty() ? id.shortHex() : llvm::join(*names, " "), problem});
      return llvm::Error::success();
    });
  }

  static llvm::Error damaged(llvm::Error error) {
    FaultKind kind = kindOf(error);
    if (kind != FaultKind::NotFound && kind != FaultKind::Invalid) return error;
    return fault(FaultKind::Corrupt, messageOf(std::move(error)));
  }

  llvm::Expected<Image> load(const Digest& id) {
    auto query = database.prepare("SELECT manifest, size FROM images WHERE id = ?");
    if (!query) return query.takeError();
    auto row = query->bind(id).step();
    if (!row) return row.takeError();
    if (!*row) return fault(FaultKind::NotFound, "no image " + id.str());
    Image image{.id = id, .manifest = query->digest(0), .size = uint64_t(query->integer(1))};
    query->rewind();
    auto error = complete(image);
    if (!error) return image;
    if (auto there = rows.contains(id); there && !*there) {  // another process removed it meanwhile
      llvm::consumeError(std::move(error));
      return fault(FaultKind::NotFound, "no image " + id.str());
    } else if (!there) {
      llvm::consumeError(there.takeError());
    }
    if (kindOf(error) != FaultKind::Corrupt) return withContext(std::move(error), "image " + id.shortHex());
    std::string problem = messageOf(std::move(error));
    if (auto failed = drop(id, problem)) return failed;
    return fault(FaultKind::NotFound, "image " + id.shortHex() + " is damaged: " + problem +
                                          "; it was dropped: build, load or import it again");
  }
};

ImageStore::ImageStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ImageStore::~ImageStore() = default;

llvm::Expected<std::unique_ptr<ImageStore>> ImageStore::open(Database& database, ContentStore& content,
                                                             LayerStore& layers) {
  if (auto error = database.migrate("images", {ImageRows::tables(), ImageIndexes::tables(), ImageDigests::tables()}))
    return error;
  return std::unique_ptr<ImageStore>(new ImageStore(std::unique_ptr<Impl>(
      new Impl{database, content, layers, {database, content}, ImageRows(database), ImageDigests(database)})));
}

llvm::Expected<Image> ImageStore::create(ImageConfig config, std::vector<std::shared_ptr<Layer>> layers,
                                         const ManifestNotes& notes) {
  config.diffIds.clear();
  for (const std::shared_ptr<Layer>& layer : layers) {
    auto identity = layer->tarIdentity();
    if (!identity) return identity.takeError();
    config.diffIds.push_back(identity->diffId);
  }
  std::string document = printImageConfig(config);
  return impl_->store({.config = document}, std::move(config), std::move(layers), &notes);
}

namespace {
/// A manifest from outside must name this configuration and as many layers.
llvm::Error checkBelongTogether(const KeptDocuments& documents, size_t layers) {
  auto manifest = parseManifest(documents.manifest);
  if (!manifest) return manifest.takeError();
  if (manifest->config.digest != digestOf(documents.config))
    return fault(FaultKind::Corrupt, "the manifest names the configuration " + manifest->config.digest.str() +
                                         ", which is not the one that came with it");
  if (manifest->layers.size() != layers)
    return fault(FaultKind::Corrupt, "the manifest names " + llvm::Twine(manifest->layers.size()) +
                                         " layers, the configuration " + llvm::Twine(layers));
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<Image> ImageStore::createFromDocuments(const KeptDocuments& documents,
                                                      std::vector<std::shared_ptr<Layer>> layers) {
  auto config = parseImageConfig(documents.config);
  if (!config) return config.takeError();
  if (!documents.manifest.empty())
    if (auto error = checkBelongTogether(documents, config->diffIds.size())) return error;
  return impl_->store(documents, std::move(*config), std::move(layers), nullptr);
}

ImageIndexes& ImageStore::indexes() { return impl_->indexes; }
ImageDigests& ImageStore::digests() { return impl_->digests; }

llvm::Error ImageStore::tag(const Digest& id, llvm::StringRef name) {
  std::lock_guard lock(impl_->database.mutex());
  auto same = impl_->rows.hasName(id, name);
  if (!same) return same.takeError();
  if (*same) return llvm::Error::success();  // the usual end of a no-op build: nothing to write
  return impl_->database.transact([&]() -> llvm::Error {
    auto before = findByName(name);
    if (!before) return before.takeError();
    auto isIndex = indexes().contains(id);
    if (!isIndex) return isIndex.takeError();
    if (auto error = *isIndex ? indexes().tag(id, name) : impl_->rows.setName(id, name)) return error;
    return *before ? impl_->dropIfBroken(**before) : llvm::Error::success();
  });
}

llvm::Expected<bool> ImageStore::untag(llvm::StringRef name) { return impl_->rows.removeName(name); }

llvm::Expected<std::optional<Digest>> ImageStore::findByName(llvm::StringRef name) {
  auto query = impl_->database.prepare("SELECT image FROM image_names WHERE name = ?");
  if (!query) return query.takeError();
  auto row = query->bind(name).step();
  if (!row) return row.takeError();
  if (!*row) return std::nullopt;
  return query->digest(0);
}

llvm::Expected<std::optional<Digest>> ImageStore::findByName(llvm::StringRef name, const Platform& platform) {
  auto id = indexes().findByName(name);
  if (!id) return id.takeError();
  if (!*id) return findByName(name);
  auto index = indexes().load(**id);
  if (!index) return index.takeError();
  if (const IndexMember* member = index->find(platform)) return member->image;
  return fault(FaultKind::NotFound, "the image has no " + platform.str() + "; it has " + index->platforms());
}

llvm::Expected<std::optional<Digest>> ImageStore::findByPrefix(llvm::StringRef prefix) {
  prefix.consume_front("sha256:");
  if (prefix.empty() || prefix.size() > 64 || !llvm::all_of(prefix, llvm::isHexDigit)) return std::nullopt;
  auto padded = [&](char digit) { return llvm::fromHex(prefix.str() + std::string(64 - prefix.size(), digit)); };
  auto query = impl_->database.prepare(
      "SELECT id FROM images WHERE id BETWEEN ?1 AND ?2 UNION "
      "SELECT id FROM image_indexes WHERE id BETWEEN ?1 AND ?2 LIMIT 2");
  if (!query) return query.takeError();
  auto ids = digestsOf(query->bindBlob(padded('0')).bindBlob(padded('f')));
  if (!ids) return ids.takeError();
  const std::vector<Digest>& found = *ids;
  if (found.empty()) return std::nullopt;
  if (found.size() > 1)
    return fault(FaultKind::Invalid, "several images begin with " + prefix + "; give more of the id");
  return found[0];
}

llvm::Expected<Image> ImageStore::load(const Digest& id) {
  std::lock_guard lock(impl_->database.mutex());
  return impl_->load(id);
}

llvm::Expected<std::vector<ImageSummary>> ImageStore::list() {
  std::lock_guard lock(impl_->database.mutex());
  auto images = impl_->rows.list();
  if (!images) return images.takeError();
  auto sizes = impl_->layers.tarSizes();
  if (!sizes) return sizes.takeError();
  for (ImageSummary& image : *images)
    if (llvm::all_of(image.layers, [&](LayerId layer) { return sizes->count(layer) != 0; })) {
      image.size = 0;
      for (LayerId layer : image.layers) image.size += sizes->at(layer);
    }
  auto all = impl_->indexes.withIndexes(std::move(*images));
  if (!all) return all;
  for (ImageSummary& image : *all) {
    auto digests = impl_->digests.of(image.id);
    if (!digests) return digests.takeError();
    image.digests = std::move(*digests);
  }
  return all;
}

llvm::Error ImageStore::remove(const Digest& id) {
  return impl_->database.transact([&]() -> llvm::Error {
    auto isIndex = impl_->indexes.contains(id);
    if (!isIndex) return isIndex.takeError();
    if (auto error = impl_->digests.remove(id)) return error;
    return *isIndex ? removeIndex(id) : removeImage(id);
  });
}

llvm::Error ImageStore::removeImage(const Digest& id) {
  auto index = indexes().findByMember(id);
  if (!index) return index.takeError();
  if (*index)
    return fault(FaultKind::Invalid, "image " + id.shortHex() + " belongs to the image " + (*index)->shortHex() +
                                         " of several platforms: remove that");
  return impl_->rows.remove(id);
}

llvm::Error ImageStore::removeIndex(const Digest& id) {
  auto index = indexes().load(id);
  if (!index) return index.takeError();
  if (auto error = indexes().remove(id)) return error;
  for (const IndexMember& member : index->members) {
    auto names = impl_->rows.namesOf(member.image);
    if (!names) return names.takeError();
    auto other = indexes().findByMember(member.image);
    if (!other) return other.takeError();
    if (*other || !names->empty()) continue;
    if (auto error = removeImage(member.image)) return error;
  }
  return llvm::Error::success();
}

llvm::Expected<ImageStore::InUse> ImageStore::inUse() {
  std::lock_guard lock(impl_->database.mutex());
  InUse result;
  auto documents = impl_->database.prepare(
      "SELECT id FROM images UNION SELECT manifest FROM images UNION SELECT id FROM image_indexes");
  if (!documents) return documents.takeError();
  auto ids = digestsOf(*documents);
  if (!ids) return ids.takeError();
  result.documents.insert(ids->begin(), ids->end());
  auto indexes = impl_->indexes.list();
  if (!indexes) return indexes.takeError();
  for (const Digest& id : *indexes) {  // an image may have got another manifest since
    auto index = impl_->indexes.load(id);
    if (!index) {
      auto error = index.takeError();
      if (takeIf(error, FaultKind::NotFound)) continue;  // dropped
      return error;
    }
    for (const IndexMember& member : index->members) result.documents.insert(member.manifest);
  }
  auto layers = impl_->rows.layersOfAll();
  if (!layers) return layers.takeError();
  result.layers = std::move(*layers);
  return result;
}

}  // namespace strata::layerfs

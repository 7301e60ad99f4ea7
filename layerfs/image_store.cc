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

  /// An image whose layer was damaged and made again takes the new one.
  llvm::Error relink(const Digest& id, const std::vector<std::shared_ptr<Layer>>& layers) {
    auto ids = rows.layersOf(id);
    if (!ids) return ids.takeError();
    for (size_t i = 0; i < layers.size() && i < ids->size(); ++i) {
      if ((*ids)[i] == layers[i]->id() || this->layers.contains((*ids)[i])) continue;
      if (auto error = rows.setLayer(id, i, layers[i]->id())) return error;
    }
    return llvm::Error::success();
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

  /// The image of this document and these layers, whose diffIDs the document must name. Without notes an image that is
  /// there keeps its manifest.
  llvm::Expected<Image> store(llvm::StringRef document, ImageConfig config, std::vector<std::shared_ptr<Layer>> layers,
                              const ManifestNotes* notes) {
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
      manifest.layers.push_back(
          {.mediaType = media::kOciLayer.str(), .digest = identity->diffId.digest, .size = identity->size});
      if (notes && i < notes->layers.size()) manifest.layers.back().annotations = notes->layers[i];
      size += identity->size;
    }
    auto stored = content.put(document, media::kOciConfig);
    if (!stored) return stored.takeError();
    manifest.config = *stored;
    auto written = content.put(printManifest(manifest), media::kOciManifest);
    if (!written) return written.takeError();
    Image image{.id = stored->digest,
                .manifest = written->digest,
                .config = std::move(config),
                .layers = std::move(layers),
                .size = size};
    auto known = rows.contains(image.id);
    if (!known) return known.takeError();
    if (!*known)
      if (auto error = rows.insert(image)) return error;
    if (*known)
      if (auto error = relink(image.id, image.layers)) return error;
    if (*known && notes)
      if (auto error = rows.setManifest(image.id, image.manifest)) return error;
    return load(image.id);
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
    auto names = rows.namesOf(image.id);
    if (!names) return names.takeError();
    image.names = std::move(*names);
    return checkManifest(image, document->size());
  }

  /// A manifest without notes is written again where it is damaged: its bytes follow from the rest.
  llvm::Error checkManifest(const Image& image, uint64_t configSize) {
    auto there = content.read(image.manifest);
    if (there) return llvm::Error::success();
    Manifest plain{.config = {.mediaType = media::kOciConfig.str(), .digest = image.id, .size = configSize}};
    for (size_t i = 0; i < image.layers.size(); ++i) {
      auto identity = image.layers[i]->tarIdentity();
      if (!identity) return damaged(llvm::joinErrors(there.takeError(), identity.takeError()));
      plain.layers.push_back(
          {.mediaType = media::kOciLayer.str(), .digest = identity->diffId.digest, .size = identity->size});
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
  if (auto error = database.migrate("images", {ImageRows::tables(), ImageIndexes::tables()})) return error;
  return std::unique_ptr<ImageStore>(new ImageStore(
      std::unique_ptr<Impl>(new Impl{database, content, layers, {database, content}, ImageRows(database)})));
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
  std::lock_guard lock(impl_->database.mutex());
  return impl_->store(document, std::move(config), std::move(layers), &notes);
}

llvm::Expected<Image> ImageStore::createFromDocument(llvm::StringRef document,
                                                     std::vector<std::shared_ptr<Layer>> layers) {
  auto config = parseImageConfig(document);
  if (!config) return config.takeError();
  std::lock_guard lock(impl_->database.mutex());
  return impl_->store(document, std::move(*config), std::move(layers), nullptr);
}

ImageIndexes& ImageStore::indexes() { return impl_->indexes; }

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

llvm::Expected<bool> ImageStore::untag(llvm::StringRef name) {
  std::lock_guard lock(impl_->database.mutex());
  return impl_->rows.removeName(name);
}

llvm::Expected<std::optional<Digest>> ImageStore::findByName(llvm::StringRef name) {
  std::lock_guard lock(impl_->database.mutex());
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
  std::lock_guard lock(impl_->database.mutex());
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
  return impl_->indexes.withIndexes(std::move(*images));
}

llvm::Error ImageStore::remove(const Digest& id) {
  std::lock_guard lock(impl_->database.mutex());
  return impl_->database.transact([&]() -> llvm::Error {
    auto isIndex = impl_->indexes.contains(id);
    if (!isIndex) return isIndex.takeError();
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

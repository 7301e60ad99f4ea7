#include "layerfs/image_rows.h"

#include "layerfs/image_store.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::layerfs {

llvm::StringRef ImageRows::tables() {
  static constexpr llvm::StringLiteral kTables = R"(
  CREATE TABLE images(id BLOB PRIMARY KEY, manifest BLOB NOT NULL, created INTEGER NOT NULL, size INTEGER NOT NULL,
                      added INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE image_layers(image BLOB NOT NULL REFERENCES images ON DELETE CASCADE, position INTEGER NOT NULL,
                            layer INTEGER NOT NULL, PRIMARY KEY(image, position)) WITHOUT ROWID;
  CREATE TABLE image_names(name TEXT PRIMARY KEY, image BLOB NOT NULL REFERENCES images ON DELETE CASCADE) WITHOUT ROWID;
  CREATE INDEX image_names_by_image ON image_names(image);)";
  return kTables;
}

llvm::Expected<bool> ImageRows::contains(const Digest& id) {
  auto query = database_.prepare("SELECT 1 FROM images WHERE id = ?");
  if (!query) return query.takeError();
  return query->bind(id).step();
}

llvm::Error ImageRows::insert(const Image& image) {
  return database_.transact([&]() -> llvm::Error {
    auto there = contains(image.id);  // again, now that no other process can add it
    if (!there) return there.takeError();
    if (*there) return llvm::Error::success();
    auto row = database_.prepare("INSERT INTO images VALUES(?, ?, ?, ?, ?)");
    if (!row) return row.takeError();
    row->bind(image.id).bind(image.manifest).bind(image.config.created.value_or(0));
    if (auto error = row->bind(int64_t(image.size)).bind(nowNanoseconds()).run()) return error;
    auto layer = database_.prepare("INSERT INTO image_layers VALUES(?, ?, ?)");
    if (!layer) return layer.takeError();
    for (size_t i = 0; i < image.layers.size(); ++i)
      if (auto error = layer->bind(image.id).bind(int64_t(i)).bind(image.layers[i]->id().value).run()) return error;
    return llvm::Error::success();
  });
}

llvm::Error ImageRows::remove(const Digest& id) {
  auto query = database_.prepare("DELETE FROM images WHERE id = ?");
  if (!query) return query.takeError();
  return query->bind(id).run();
}

llvm::Error ImageRows::setManifest(const Digest& id, const Digest& manifest) {
  auto update = database_.prepare("UPDATE images SET manifest = ?2 WHERE id = ?1 AND manifest <> ?2");
  if (!update) return update.takeError();
  return update->bind(id).bind(manifest).run();
}

llvm::Expected<std::vector<LayerId>> ImageRows::layersOf(const Digest& id) {
  auto query = database_.prepare("SELECT layer FROM image_layers WHERE image = ? ORDER BY position");
  if (!query) return query.takeError();
  return layerIdsOf(query->bind(id));
}

llvm::Error ImageRows::setLayer(const Digest& id, size_t position, LayerId layer) {
  auto update = database_.prepare("UPDATE image_layers SET layer = ? WHERE image = ? AND position = ?");
  if (!update) return update.takeError();
  return update->bind(layer.value).bind(id).bind(int64_t(position)).run();
}

llvm::Expected<std::set<LayerId>> ImageRows::layersOfAll() {
  auto query = database_.prepare("SELECT DISTINCT layer FROM image_layers");
  if (!query) return query.takeError();
  auto ids = layerIdsOf(*query);
  if (!ids) return ids.takeError();
  return std::set<LayerId>(ids->begin(), ids->end());
}

llvm::Expected<std::vector<ImageSummary>> ImageRows::list() {
  auto query =
      database_.prepare("SELECT id, manifest, created, size FROM images ORDER BY created DESC, added DESC, id");
  if (!query) return query.takeError();
  std::vector<ImageSummary> images;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return images;
    ImageSummary image{.id = query->digest(0),
                       .manifest = query->digest(1),
                       .created = query->integer(2),
                       .size = uint64_t(query->integer(3))};
    auto names = namesOf(image.id);
    if (!names) return names.takeError();
    image.names = std::move(*names);
    auto layers = layersOf(image.id);
    if (!layers) return layers.takeError();
    image.layers = std::move(*layers);
    images.push_back(std::move(image));
  }
}

llvm::Expected<std::vector<std::string>> ImageRows::namesOf(const Digest& id) {
  auto query = database_.prepare("SELECT name FROM image_names WHERE image = ? AND image_index IS NULL ORDER BY name");
  if (!query) return query.takeError();
  return textsOf(query->bind(id));
}

llvm::Expected<bool> ImageRows::hasName(const Digest& id, llvm::StringRef name) {
  auto query = database_.prepare("SELECT 1 FROM image_names WHERE name = ? AND image = ? AND image_index IS NULL");
  if (!query) return query.takeError();
  return query->bind(name).bind(id).step();
}

llvm::Error ImageRows::setName(const Digest& id, llvm::StringRef name) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO image_names(name, image) VALUES(?, ?)");
  if (!insert) return insert.takeError();
  auto error = insert->bind(name).bind(id).run();
  if (takeIf(error, FaultKind::Exists)) return fault(FaultKind::NotFound, "no image " + id.str());
  return error;
}

llvm::Expected<bool> ImageRows::removeName(llvm::StringRef name) {
  auto remove = database_.prepare("DELETE FROM image_names WHERE name = ? RETURNING 1");
  if (!remove) return remove.takeError();
  return remove->bind(name).step();
}

}  // namespace strata::layerfs

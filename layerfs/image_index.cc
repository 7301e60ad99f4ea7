#include "layerfs/image_index.h"

#include "layerfs/image_store.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <map>
#include <set>

namespace strata::layerfs {

namespace {
/// "v7" -> v7, v6, v5 for a lowest of 5; what has no number is alone.
void addVariants(Platform platform, int lowest, std::vector<Platform>& platforms) {
  platforms.push_back(platform);
  int number = 0;
  llvm::StringRef variant = platform.variant;
  if (!variant.consume_front("v") || variant.getAsInteger(10, number)) return;
  while (--number >= lowest) {
    platform.variant = "v" + std::to_string(number);
    platforms.push_back(normalised(platform));
  }
}
}  // namespace

std::vector<Platform> platformsFor(const Platform& wanted) {
  std::vector<Platform> platforms;
  Platform platform = normalised(wanted);
  addVariants(platform, platform.architecture == "arm" ? 5 : 1, platforms);
  if (platform.architecture == "amd64") {
    platform.architecture = "386";
    platform.variant.clear();
    platforms.push_back(platform);
  } else if (platform.architecture == "arm64") {
    platform.architecture = "arm";
    platform.variant = "v8";
    addVariants(platform, 5, platforms);
  }
  return platforms;
}

const IndexMember* ImageIndex::find(const Platform& platform) const {
  for (const Platform& good : platformsFor(platform))
    for (const IndexMember& member : members) {
      Platform own = normalised(member.platform);
      bool sameVersion = platform.osVersion.empty() || own.osVersion == platform.osVersion;
      own.osVersion = good.osVersion;
      if (own == good && sameVersion) return &member;
    }
  return nullptr;
}

const IndexMember& ImageIndex::usual() const {
  const IndexMember* own = find(hostPlatform());
  return own ? *own : members.front();
}

std::string ImageIndex::platforms() const {
  std::vector<std::string> texts;
  for (const IndexMember& member : members) texts.push_back(member.platform.str());
  return llvm::join(texts, ", ");
}

llvm::Expected<std::vector<std::string>> textsOf(Statement& query) {
  std::vector<std::string> texts;
  for (;;) {
    auto row = query.step();
    if (!row) return row.takeError();
    if (!*row) return texts;
    texts.push_back(query.text(0).str());
  }
}

llvm::Expected<std::vector<Digest>> digestsOf(Statement& query) {
  std::vector<Digest> found;
  for (;;) {
    auto row = query.step();
    if (!row) return row.takeError();
    if (!*row) return found;
    found.push_back(query.digest(0));
  }
}

llvm::Expected<std::vector<LayerId>> layerIdsOf(Statement& query) {
  std::vector<LayerId> found;
  for (;;) {
    auto row = query.step();
    if (!row) return row.takeError();
    if (!*row) return found;
    found.push_back({query.integer(0)});
  }
}

llvm::StringRef ImageIndexes::tables() {
  // A name of an index has its usual image beside it, for whoever asks for an image of that name.
  return R"(
  CREATE TABLE image_indexes(id BLOB PRIMARY KEY, added INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE index_images(image_index BLOB NOT NULL REFERENCES image_indexes ON DELETE CASCADE,
                            position INTEGER NOT NULL, image BLOB NOT NULL REFERENCES images,
                            PRIMARY KEY(image_index, position)) WITHOUT ROWID;
  CREATE INDEX index_images_by_image ON index_images(image);
  ALTER TABLE image_names ADD COLUMN image_index BLOB REFERENCES image_indexes ON DELETE CASCADE;
  CREATE INDEX image_names_by_index ON image_names(image_index);)";
}

llvm::Expected<ImageIndex> ImageIndexes::create(llvm::ArrayRef<Image> images, const IndexNotes& notes) {
  if (images.empty()) return fault(FaultKind::Invalid, "an index needs an image");
  Index document{.annotations = notes.annotations};
  for (const auto& [place, image] : llvm::enumerate(images)) {
    auto text = content_.read(image.manifest);
    if (!text) return text.takeError();
    auto manifest = parseManifest(*text);
    if (!manifest) return manifest.takeError();
    document.manifests.push_back(
        {.mediaType = manifest->mediaType,
         .digest = image.manifest,
         .size = text->size(),
         .annotations = place < notes.manifests.size() ? notes.manifests[place] : std::map<std::string, std::string>(),
         .platform = image.config.platform});
  }
  auto stored = content_.put(printIndex(document), media::kOciIndex);
  if (!stored) return stored.takeError();
  std::lock_guard lock(database_.mutex());
  auto written = database_.transact([&]() -> llvm::Error {
    auto there = contains(stored->digest);
    if (!there) return there.takeError();
    if (*there) return llvm::Error::success();
    auto row = database_.prepare("INSERT INTO image_indexes VALUES(?, ?)");
    if (!row) return row.takeError();
    if (auto error = row->bind(stored->digest).bind(nowNanoseconds()).run()) return error;
    auto member = database_.prepare("INSERT INTO index_images VALUES(?, ?, ?)");
    if (!member) return member.takeError();
    for (size_t i = 0; i < images.size(); ++i)
      if (auto error = member->bind(stored->digest).bind(int64_t(i)).bind(images[i].id).run()) return error;
    return llvm::Error::success();
  });
  if (written) return written;
  return load(stored->digest);
}

llvm::Expected<bool> ImageIndexes::contains(const Digest& id) {
  auto query = database_.prepare("SELECT 1 FROM image_indexes WHERE id = ?");
  if (!query) return query.takeError();
  return query->bind(id).step();
}

llvm::Expected<ImageIndex> ImageIndexes::load(const Digest& id) {
  std::lock_guard lock(database_.mutex());
  auto there = contains(id);
  if (!there) return there.takeError();
  if (!*there) return fault(FaultKind::NotFound, "no image index " + id.str());
  auto dropDamaged = [&](llvm::Error error) -> llvm::Error {  // what cannot be read is as good as none
    FaultKind kind = kindOf(error);
    if (kind != FaultKind::NotFound && kind != FaultKind::Corrupt && kind != FaultKind::Invalid)
      return withContext(std::move(error), "image index " + id.shortHex());
    std::string problem = messageOf(std::move(error));
    auto names = namesOf(id);
    if (!names) return names.takeError();
    if (auto failed = remove(id)) return failed;
    database_.reportDamage({"image", names->empty() ? id.shortHex() : llvm::join(*names, " "), problem});
    return fault(FaultKind::NotFound, "image index " + id.shortHex() + " is damaged: " + problem +
                                          "; it was dropped: build or load it again");
  };
  auto text = content_.read(id);
  auto document = text ? parseIndex(*text) : llvm::Expected<Index>(text.takeError());
  if (!document) return dropDamaged(document.takeError());
  auto images = imagesOf(id);
  if (!images) return images.takeError();
  if (images->empty() || images->size() != document->manifests.size())
    return dropDamaged(fault(FaultKind::Corrupt, "it has " + llvm::Twine(images->size()) +
                                                     " images, its document names " +
                                                     llvm::Twine(document->manifests.size())));
  ImageIndex index{.id = id};
  for (const auto& [descriptor, image] : llvm::zip(document->manifests, *images))
    index.members.push_back({descriptor.platform.value_or(Platform()), image, descriptor.digest});
  auto names = namesOf(id);
  if (!names) return names.takeError();
  index.names = std::move(*names);
  return index;
}

llvm::Expected<std::vector<Digest>> ImageIndexes::list() {
  auto query = database_.prepare("SELECT id FROM image_indexes ORDER BY added DESC, id");
  if (!query) return query.takeError();
  return digestsOf(*query);
}

namespace {
/// One row for the images that an index holds.
ImageSummary summaryOf(const ImageIndex& index, const std::map<Digest, ImageSummary>& images) {
  ImageSummary summary{.id = index.id, .manifest = index.id, .names = index.names};
  std::set<LayerId> layers;
  for (const IndexMember& member : index.members) {
    summary.members.push_back(member.image);
    auto image = images.find(member.image);
    if (image == images.end()) continue;
    summary.created = std::max(summary.created, image->second.created);
    summary.size += image->second.size;
    layers.insert(image->second.layers.begin(), image->second.layers.end());
  }
  summary.layers.assign(layers.begin(), layers.end());
  return summary;
}
}  // namespace

llvm::Expected<std::vector<ImageSummary>> ImageIndexes::withIndexes(std::vector<ImageSummary> images) {
  auto indexes = list();
  if (!indexes) return indexes.takeError();
  if (indexes->empty()) return images;
  std::map<Digest, ImageSummary> byId;
  for (const ImageSummary& image : images) byId[image.id] = image;
  std::vector<ImageSummary> rows;
  std::set<Digest> held;
  for (const Digest& id : *indexes) {
    auto index = load(id);
    if (!index) {
      auto error = index.takeError();
      if (takeIf(error, FaultKind::NotFound)) continue;  // damaged
      return error;
    }
    rows.push_back(summaryOf(*index, byId));
    held.insert(rows.back().members.begin(), rows.back().members.end());
  }
  for (ImageSummary& image : images)
    if (!image.names.empty() || !held.count(image.id)) rows.push_back(std::move(image));
  llvm::stable_sort(rows, [](const ImageSummary& a, const ImageSummary& b) { return a.created > b.created; });
  return rows;
}

llvm::Expected<std::vector<Digest>> ImageIndexes::imagesOf(const Digest& id) {
  auto query = database_.prepare("SELECT image FROM index_images WHERE image_index = ? ORDER BY position");
  if (!query) return query.takeError();
  return digestsOf(query->bind(id));
}

llvm::Expected<std::vector<std::string>> ImageIndexes::namesOf(const Digest& id) {
  auto query = database_.prepare("SELECT name FROM image_names WHERE image_index = ? ORDER BY name");
  if (!query) return query.takeError();
  return textsOf(query->bind(id));
}

llvm::Expected<std::optional<Digest>> ImageIndexes::findByName(llvm::StringRef name) {
  auto query = database_.prepare("SELECT image_index FROM image_names WHERE name = ? AND image_index IS NOT NULL");
  if (!query) return query.takeError();
  auto row = query->bind(name).step();
  if (!row) return row.takeError();
  return *row ? std::optional(query->digest(0)) : std::nullopt;
}

llvm::Expected<std::optional<Digest>> ImageIndexes::findByMember(const Digest& image) {
  auto query = database_.prepare("SELECT image_index FROM index_images WHERE image = ? LIMIT 1");
  if (!query) return query.takeError();
  auto row = query->bind(image).step();
  if (!row) return row.takeError();
  return *row ? std::optional(query->digest(0)) : std::nullopt;
}

llvm::Error ImageIndexes::tag(const Digest& id, llvm::StringRef name) {
  std::lock_guard lock(database_.mutex());
  auto known = findByName(name);
  if (!known) return known.takeError();
  if (*known == id) return llvm::Error::success();
  auto index = load(id);
  if (!index) return index.takeError();
  auto insert = database_.prepare("INSERT OR REPLACE INTO image_names(name, image, image_index) VALUES(?, ?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(name).bind(index->usual().image).bind(id).run();
}

llvm::Error ImageIndexes::remove(const Digest& id) {
  auto query = database_.prepare("DELETE FROM image_indexes WHERE id = ?");
  if (!query) return query.takeError();
  return query->bind(id).run();
}

}  // namespace strata::layerfs

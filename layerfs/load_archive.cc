#include "layerfs/image_archive.h"

#include "layerfs/decompression.h"
#include "layerfs/docker_manifest.h"
#include "layerfs/layer_tar.h"
#include "support/clean_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <map>

namespace strata::layerfs {

namespace {
using llvm::StringRef;
constexpr int kDeepestIndex = 4;  ///< an index may name an index, a hostile one itself
constexpr int kMostLinks = 16;

/// Files of an archive or a layout by their path in it.
class ArchiveFiles {
public:
  virtual ~ArchiveFiles() = default;
  /// Faults: NotFound.
  virtual llvm::Expected<UniqueFd> open(const std::string& path) const = 0;
  /// Of the file as it is, where it was hashed on its way here.
  virtual std::optional<Digest> knownDigest(const std::string& path) const = 0;
  virtual bool contains(const std::string& path) const = 0;

  llvm::Expected<std::string> document(const std::string& path) const {
    auto fd = open(path);
    if (!fd) return fd.takeError();
    auto text = readFd(fd->get(), 16 << 20);
    if (!text) return withContext(text.takeError(), path);
    return text;
  }
};

/// An OCI layout directory: only `index.json` and blobs named by digest are asked for, so no path leads outside. (A
/// manifest.json in it, which could name any path, is not looked at.)
class LayoutFiles : public ArchiveFiles {
public:
  explicit LayoutFiles(std::string directory) : directory_(std::move(directory)) {}
  llvm::Expected<UniqueFd> open(const std::string& path) const override {
    return openFile(joinPath(directory_, path), O_RDONLY);
  }
  std::optional<Digest> knownDigest(const std::string&) const override { return std::nullopt; }
  bool contains(const std::string& path) const override { return pathExists(joinPath(directory_, path)); }

private:
  std::string directory_;
};

/// A tar's files, staged under numbers: their names in the archive never become paths of ours.
class StagedFiles : public ArchiveFiles {
public:
  explicit StagedFiles(TempDir directory) : directory_(std::move(directory)) {}

  llvm::Error stage(ByteSource& archive) {
    return readLayerTar(archive, [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
      if (entry.kind == EntryKind::Symlink || entry.kind == EntryKind::Hardlink)
        links_[entry.path] =
            entry.kind == EntryKind::Hardlink ? entry.linkTarget : linkDestination(entry.path, entry.linkTarget);
      if (entry.kind != EntryKind::File) return llvm::Error::success();
      std::string path = joinPath(directory_.path(), std::to_string(staged_++));
      auto fd = openFile(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
      if (!fd) return fd.takeError();
      FdSink file(fd->get());
      HashingSink hash(&file);
      if (auto size = copyAll(content, hash); !size)
        return withContext(size.takeError(), "stage " + printable(entry.path));
      files_[entry.path] = {path, hash.finish()};
      return llvm::Error::success();
    });
  }

  llvm::Expected<UniqueFd> open(const std::string& path) const override {
    const File* file = find(path);
    if (!file) return fault(FaultKind::NotFound, "the archive has no " + printable(path));
    return openFile(file->staged, O_RDONLY);
  }
  std::optional<Digest> knownDigest(const std::string& path) const override {
    const File* file = find(path);
    return file ? std::optional(file->digest) : std::nullopt;
  }
  bool contains(const std::string& path) const override { return find(path) != nullptr; }

private:
  struct File {
    std::string staged;
    Digest digest;
  };

  const File* find(std::string path) const {
    for (int hops = 0; hops < kMostLinks; ++hops) {
      auto file = files_.find(path);
      if (file != files_.end()) return &file->second;
      auto link = links_.find(path);
      if (link == links_.end()) return nullptr;
      path = link->second;
    }
    return nullptr;
  }

  TempDir directory_;
  uint64_t staged_ = 0;  ///< also counts a name that comes again: the last one counts
  std::map<std::string, File> files_;
  std::map<std::string, std::string> links_;
};

class Loader {
public:
  Loader(const ArchiveFiles& files, ImageStore& images, LayerStore& layers, std::optional<Platform> only)
      : files_(files), images_(images), layers_(layers), only_(std::move(only)) {}

  llvm::Expected<std::vector<LoadedImage>> loadEither() {
    bool isDocker = files_.contains("manifest.json");
    if (!isDocker && !files_.contains("index.json"))
      return fault(FaultKind::Invalid, "no image archive: it has neither manifest.json nor index.json");
    return isDocker && !hasSeveralPlatforms() ? loadDocker() : loadOci();
  }
  llvm::Expected<std::vector<LoadedImage>> loadOci() {
    auto text = files_.document("index.json");
    if (!text) return text.takeError();
    auto index = parseIndex(*text);
    if (!index) return withContext(index.takeError(), "index.json");
    std::vector<LoadedImage> loaded;
    for (const Descriptor& descriptor : index->manifests) {
      if (isAttestation(descriptor)) continue;
      auto found = loadDescriptor(descriptor, 0);
      if (!found) return found.takeError();
      std::string name;
      for (const char* key : {"io.containerd.image.name", "org.opencontainers.image.ref.name"})
        if (auto known = descriptor.annotations.find(key); name.empty() && known != descriptor.annotations.end())
          name = known->second;
      // A ref name alone may be just a tag ("latest"): that names no image.
      bool whole = name.find_first_of(":/") != std::string::npos;
      auto same = llvm::find_if(loaded, [&](const LoadedImage& one) { return one.members == *found; });
      if (same == loaded.end()) same = loaded.insert(loaded.end(), LoadedImage{.members = std::move(*found)});
      if (whole) same->names.push_back(name);
    }
    return registered(std::move(loaded));
  }

  llvm::Expected<Digest> loadChosen(const LayoutChoice& choice) {
    auto descriptor = choose(choice);
    if (!descriptor) return descriptor.takeError();
    auto ids = loadDescriptor(*descriptor, 0);
    if (!ids) return ids.takeError();
    auto loaded = registered({LoadedImage{.members = {ids->front()}}});
    if (!loaded) return loaded.takeError();
    return ids->front();
  }

private:
  llvm::Expected<Descriptor> choose(const LayoutChoice& choice) {
    auto text = files_.document("index.json");
    if (!text) return text.takeError();
    auto index = parseIndex(*text);
    if (!index) return withContext(index.takeError(), "index.json");
    if (choice.digest) return byDigest(*index, *choice.digest);
    std::string tag = choice.tag.empty() ? "latest" : choice.tag;
    for (const Descriptor& one : index->manifests)
      if (auto name = one.annotations.find("org.opencontainers.image.ref.name"); name != one.annotations.end())
        if (name->second == tag) return one;
    if (index->manifests.size() == 1) return index->manifests[0];
    return fault(FaultKind::NotFound, "the layout has no image with the tag " + printable(tag) + " among its " +
                                          llvm::Twine(index->manifests.size()));
  }

  /// A digest may also name what index.json does not.
  llvm::Expected<Descriptor> byDigest(const Index& index, const Digest& digest) {
    for (const Descriptor& one : index.manifests)
      if (one.digest == digest) return one;
    auto text = files_.document(blobPath(digest));
    if (!text) return withContext(text.takeError(), "the layout has no " + digest.str());
    auto value = parseJson(*text);
    if (!value) return withContext(value.takeError(), digest.str());
    const llvm::json::Object* object = value->getAsObject();
    bool isIndex = object && object->get("manifests");
    return Descriptor{
        .mediaType = (isIndex ? media::kOciIndex : media::kOciManifest).str(), .digest = digest, .size = text->size()};
  }

  static std::string blobPath(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

  /// manifest.json knows one image a name; an index.json beside it may know more of it.
  bool hasSeveralPlatforms() const {
    if (!files_.contains("index.json")) return false;
    auto text = files_.document("index.json");
    auto index = text ? parseIndex(*text) : llvm::Expected<Index>(text.takeError());
    if (index)
      return llvm::any_of(index->manifests, [](const Descriptor& one) { return media::isIndex(one.mediaType); });
    llvm::consumeError(index.takeError());
    return false;
  }

  /// What says how an image came about; its platform is given as unknown/unknown.
  static bool isAttestation(const Descriptor& descriptor) {
    return descriptor.platform && descriptor.platform->os == "unknown";
  }

  llvm::Expected<std::vector<LoadedImage>> loadDocker() {
    auto text = files_.document("manifest.json");
    if (!text) return text.takeError();
    auto entries = parseDockerManifest(*text);
    if (!entries) return entries.takeError();
    std::vector<LoadedImage> loaded;
    for (DockerManifestEntry& entry : *entries) {
      auto id = loadDockerEntry(entry);
      if (!id) return withContext(id.takeError(), "manifest.json");
      loaded.push_back({.names = std::move(entry.names), .members = {*id}});
    }
    return registered(std::move(loaded));
  }

  llvm::Expected<Digest> loadDockerEntry(const DockerManifestEntry& entry) {
    auto document = files_.document(entry.config);
    if (!document) return document.takeError();
    StringRef name = entry.config;
    if (name.consume_front("blobs/sha256/") && name != digestOf(*document).hex())
      return fault(FaultKind::Corrupt, "blob sha256:" + printable(name) + " does not have this digest");
    std::vector<LayerFile> files;
    for (const std::string& path : entry.layers) files.push_back({path, {}});
    return loadImage(*document, files);
  }

  llvm::Expected<std::string> verifiedDocument(const Descriptor& descriptor) {
    auto text = files_.document(blobPath(descriptor.digest));
    if (!text) return text.takeError();
    if (digestOf(*text) != descriptor.digest)
      return fault(FaultKind::Corrupt, "blob " + descriptor.digest.str() + " does not have this digest");
    return text;
  }

  /// The images that a descriptor stands for: one, or those of an index.
  llvm::Expected<std::vector<Digest>> loadDescriptor(const Descriptor& descriptor, int depth) {
    if (depth > kDeepestIndex) return fault(FaultKind::Invalid, "indexes are nested too deep");
    auto text = verifiedDocument(descriptor);
    if (!text) return text.takeError();
    if (media::isIndex(descriptor.mediaType)) return loadIndex(*text, depth);
    auto manifest = parseManifest(*text);
    if (!manifest) return manifest.takeError();
    auto config = verifiedDocument(manifest->config);
    if (!config) return config.takeError();
    std::vector<LayerFile> files;
    for (const Descriptor& layer : manifest->layers) files.push_back({blobPath(layer.digest), layer.digest});
    auto id = loadImage(*config, files);
    if (!id) return id.takeError();
    return std::vector<Digest>{*id};
  }

  /// An archive may have the index whole and its images in part.
  llvm::Expected<std::vector<Digest>> loadIndex(StringRef text, int depth) {
    auto index = parseIndex(text);
    if (!index) return index.takeError();
    std::vector<Digest> images;
    std::string platforms;
    for (const Descriptor* one : wanted(*index)) {
      if (one->platform) platforms += (platforms.empty() ? "" : ", ") + one->platform->str();
      if (!files_.contains(blobPath(one->digest))) continue;
      auto some = loadDescriptor(*one, depth + 1);
      if (!some) return some.takeError();
      for (const Digest& image : *some)
        if (!llvm::is_contained(images, image)) images.push_back(image);
    }
    if (!images.empty()) return images;
    if (only_) return fault(FaultKind::NotFound, "the index has no image for " + only_->str());
    return fault(FaultKind::NotFound, "the archive has no image of its index (" + platforms + ")");
  }

  std::vector<const Descriptor*> wanted(const Index& index) const {
    std::vector<const Descriptor*> descriptors;
    ImageIndex platforms;
    for (const Descriptor& one : index.manifests) {
      if (isAttestation(one)) continue;
      descriptors.push_back(&one);
      platforms.members.push_back({.platform = one.platform.value_or(Platform()), .manifest = one.digest});
    }
    if (!only_) return descriptors;
    const IndexMember* best = platforms.find(*only_);
    llvm::erase_if(descriptors, [&](const Descriptor* one) {
      return !media::isIndex(one->mediaType) && (!best || one->digest != best->manifest);
    });
    return descriptors;
  }

  struct LayerFile {
    std::string path;
    std::optional<Digest> digest;  ///< of the file as it is in the archive, where a manifest names it
  };

  llvm::Expected<Digest> loadImage(StringRef document, llvm::ArrayRef<LayerFile> files) {
    auto config = parseImageConfig(document);
    if (!config) return config.takeError();
    if (config->diffIds.size() != files.size())
      return fault(FaultKind::Invalid, "the configuration names " + llvm::Twine(config->diffIds.size()) +
                                           " layers, the archive has " + llvm::Twine(files.size()));
    std::vector<std::shared_ptr<Layer>> layers;
    for (auto [file, diffId] : llvm::zip(files, config->diffIds)) {
      auto layer = loadLayer(file, diffId);
      if (!layer) return withContext(layer.takeError(), "layer " + printable(file.path));
      layers.push_back(std::move(*layer));
    }
    whole_.push_back({document.str(), std::move(layers)});
    return digestOf(document);
  }

  /// Puts all images into the store, once every one of them is found good.
  llvm::Expected<std::vector<LoadedImage>> registered(std::vector<LoadedImage> loaded) {
    for (WholeImage& whole : whole_) {
      auto image = images_.createFromDocuments({.config = whole.document}, std::move(whole.layers));
      if (!image) return image.takeError();
    }
    for (LoadedImage& one : loaded) {
      auto id = registeredIndex(one.members);
      if (!id) return id.takeError();
      one.id = *id;
    }
    return loaded;
  }

  /// Of a single image that is its own id. Ours names the manifests that the store has: its layers are uncompressed.
  llvm::Expected<Digest> registeredIndex(std::vector<Digest>& members) {
    if (members.size() == 1) {
      Digest id = members.front();
      members.clear();
      return id;
    }
    std::vector<Image> parts;
    for (const Digest& member : members) {
      auto image = images_.load(member);
      if (!image) return image.takeError();
      parts.push_back(std::move(*image));
    }
    auto index = images_.indexes().create(parts);
    if (!index) return index.takeError();
    return index->id;
  }

  llvm::Expected<std::shared_ptr<Layer>> loadLayer(const LayerFile& file, const DiffId& diffId) {
    auto known = layers_.findByDiffId(diffId);
    if (!known || (*known && (*known)->form() != LayerForm::Remote)) return known;
    auto fd = files_.open(file.path);
    if (!fd) return fd.takeError();
    FdSource blob(fd->get());
    if (!file.digest) return addLayer(blob, diffId);
    if (auto stored = files_.knownDigest(file.path)) {
      if (auto error = compare(*file.digest, *stored)) return error;
      return addLayer(blob, diffId);
    }
    return addHashedLayer(blob, *file.digest, diffId);
  }

  /// Hashes the blob in the same pass. One that is another is called that, whatever its content looked like.
  llvm::Expected<std::shared_ptr<Layer>> addHashedLayer(ByteSource& blob, const Digest& digest, const DiffId& diffId) {
    HashingSource stored(blob);
    auto layer = addLayer(stored, diffId);
    auto error = skipRest(stored).takeError();
    if (!error) error = compare(digest, stored.finish());
    if (!error) return layer;
    llvm::consumeError(layer.takeError());
    return error;
  }

  llvm::Expected<std::shared_ptr<Layer>> addLayer(ByteSource& blob, const DiffId& diffId) {
    auto tar = decompressed(blob);
    if (!tar) return tar.takeError();
    return layers_.addTar(**tar, diffId);
  }

  static llvm::Error compare(const Digest& expected, const Digest& found) {
    if (expected == found) return llvm::Error::success();
    return fault(FaultKind::Corrupt, "expected blob " + expected.str() + ", got " + found.str());
  }

  struct WholeImage {
    std::string document;
    std::vector<std::shared_ptr<Layer>> layers;
  };

  const ArchiveFiles& files_;
  ImageStore& images_;
  LayerStore& layers_;
  std::optional<Platform> only_;
  std::vector<WholeImage> whole_;
};
}  // namespace

llvm::Expected<std::vector<LoadedImage>> loadArchive(ByteSource& source, ImageStore& images, LayerStore& layers,
                                                     const std::string& staging, std::optional<Platform> only) {
  auto directory = TempDir::make(staging, "load-");
  if (!directory) return directory.takeError();
  auto archive = decompressed(source);
  if (!archive) return archive.takeError();
  StagedFiles files(std::move(*directory));
  if (auto error = files.stage(**archive)) return withContext(std::move(error), "read the image archive");
  // A tar ends before its compression does: what is cut off there counts too.
  if (auto rest = skipRest(**archive); !rest) return withContext(rest.takeError(), "read the image archive");
  return Loader(files, images, layers, std::move(only)).loadEither();
}

llvm::Expected<std::vector<LoadedImage>> loadLayout(const std::string& directory, ImageStore& images,
                                                    LayerStore& layers, std::optional<Platform> only) {
  LayoutFiles files(directory);
  if (!files.contains("index.json"))
    return fault(FaultKind::Invalid, directory + " is no OCI image layout: it has no index.json");
  return Loader(files, images, layers, std::move(only)).loadOci();
}

llvm::Expected<Digest> loadFromLayout(const std::string& directory, const LayoutChoice& choice, ImageStore& images,
                                      LayerStore& layers) {
  LayoutFiles files(directory);
  if (!files.contains("index.json"))
    return fault(FaultKind::Invalid, directory + " is no OCI image layout: it has no index.json");
  return Loader(files, images, layers, choice.platform).loadChosen(choice);
}

}  // namespace strata::layerfs

#include "analyzer/image/archive_source.h"

#include "analyzer/image/archive_files.h"
#include "analyzer/image/streamed_source.h"
#include "layerfs/docker_manifest.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {

using layerfs::Descriptor;
using layerfs::DockerManifestEntry;
using layerfs::Platform;

constexpr int kDeepestIndex = 4;  ///< an index may name an index, a hostile one itself

std::string blobPath(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }

/// What says how an image came about; its platform is given as unknown/unknown.
bool isAttestation(const Descriptor& descriptor) { return descriptor.platform && descriptor.platform->os == "unknown"; }

/// "app" also means "app:latest", and "1.2" the tag of "app:1.2".
bool isEntryNamed(llvm::StringRef name, llvm::StringRef wanted) {
  return name == wanted || name == (wanted + ":latest").str() || name.ends_with((":" + wanted).str()) ||
         name.ends_with(("/" + wanted).str()) || name.ends_with(("/" + wanted + ":latest").str());
}

class Archive {
public:
  Archive(std::shared_ptr<const ArchiveFiles> files, const ArchiveChoice& choice)
      : files_(std::move(files)), choice_(choice) {}

  llvm::Expected<std::unique_ptr<ImageSource>> open() {
    bool docker = files_->contains("manifest.json"), oci = files_->contains("index.json");
    if (docker && choice_.format != ArchiveFormat::Oci) return openDocker();
    if (oci && choice_.format != ArchiveFormat::Docker) return openOci();
    llvm::StringRef wanted = choice_.format == ArchiveFormat::Docker ? "no manifest.json"
                             : choice_.format == ArchiveFormat::Oci  ? "no index.json"
                                                                     : "neither manifest.json nor index.json";
    return fault(FaultKind::Invalid, "no image archive: it has " + wanted);
  }

private:
  // --- docker ---

  llvm::Expected<std::unique_ptr<ImageSource>> openDocker() {
    auto text = files_->document("manifest.json");
    if (!text) return text.takeError();
    auto entries = layerfs::parseDockerManifest(*text);
    if (!entries) return withContext(entries.takeError(), "manifest.json");
    auto entry = chosen(*entries, [](const DockerManifestEntry& one) { return one.names; });
    if (!entry) return entry.takeError();
    auto document = files_->document((*entry)->config);
    if (!document) return document.takeError();
    llvm::StringRef name = (*entry)->config;
    Digest id = digestOf(*document);
    if (name.consume_front("blobs/sha256/") && name != id.hex())
      return fault(FaultKind::Corrupt, "blob sha256:" + printable(name) + " does not have this digest");
    return made(id, *document, (*entry)->names, (*entry)->layers, {});
  }

  // --- OCI ---

  static std::vector<std::string> namesOf(const Descriptor& descriptor) {
    std::vector<std::string> names;
    for (const char* key : {"io.containerd.image.name", "org.opencontainers.image.ref.name"})
      if (auto known = descriptor.annotations.find(key); known != descriptor.annotations.end())
        names.push_back(known->second);
    return names;
  }

  llvm::Expected<std::unique_ptr<ImageSource>> openOci() {
    auto text = files_->document("index.json");
    if (!text) return text.takeError();
    auto index = layerfs::parseIndex(*text);
    if (!index) return withContext(index.takeError(), "index.json");
    llvm::erase_if(index->manifests, isAttestation);
    // One image may stand there once for each of its names, or once for each platform.
    bool onePlace = choice_.name.empty() && llvm::all_of(index->manifests, [&](const Descriptor& one) {
                      return one.digest == index->manifests.front().digest;
                    });
    bool platforms = choice_.name.empty() && llvm::none_of(index->manifests, [&](const Descriptor& one) {
                       return !namesOf(one).empty() || !one.platform;
                     });
    if (onePlace && !index->manifests.empty()) return openDescriptor(index->manifests.front(), allNames(*index), 0);
    if (platforms) return openIndex(*index, {}, 0);
    auto one = chosen(index->manifests, namesOf);
    if (!one) return one.takeError();
    return openDescriptor(**one, namesOf(**one), 0);
  }

  static std::vector<std::string> allNames(const layerfs::Index& index) {
    std::vector<std::string> names;
    for (const Descriptor& one : index.manifests)
      if (auto own = namesOf(one); !own.empty()) names.push_back(own.front());
    return names;
  }

  llvm::Expected<std::string> verified(const Descriptor& descriptor) {
    auto text = files_->document(blobPath(descriptor.digest));
    if (!text) return text.takeError();
    if (digestOf(*text) == descriptor.digest) return text;
    return fault(FaultKind::Corrupt, "blob " + descriptor.digest.str() + " does not have this digest");
  }

  llvm::Expected<std::unique_ptr<ImageSource>> openDescriptor(const Descriptor& descriptor,
                                                              const std::vector<std::string>& names, int depth) {
    if (depth > kDeepestIndex) return fault(FaultKind::Invalid, "indexes are nested too deep");
    auto text = verified(descriptor);
    if (!text) return text.takeError();
    if (layerfs::media::isIndex(descriptor.mediaType)) {
      auto index = layerfs::parseIndex(*text);
      if (!index) return index.takeError();
      llvm::erase_if(index->manifests, isAttestation);
      return openIndex(*index, names, depth);
    }
    auto manifest = layerfs::parseManifest(*text);
    if (!manifest) return manifest.takeError();
    auto config = verified(manifest->config);
    if (!config) return config.takeError();
    std::vector<std::string> layers;
    for (const Descriptor& layer : manifest->layers) layers.push_back(blobPath(layer.digest));
    return made(manifest->config.digest, *config, names, layers, descriptor.digest);
  }

  llvm::Expected<std::unique_ptr<ImageSource>> openIndex(const layerfs::Index& index,
                                                         const std::vector<std::string>& names, int depth) {
    layerfs::ImageIndex platforms;
    for (const Descriptor& one : index.manifests)
      platforms.members.push_back({.platform = one.platform.value_or(Platform()), .manifest = one.digest});
    if (platforms.members.empty()) return fault(FaultKind::NotFound, "the index has no image");
    const layerfs::IndexMember* member = choice_.platform ? platforms.find(*choice_.platform) : &platforms.usual();
    if (!member)
      return fault(FaultKind::NotFound, "it has no " + choice_.platform->str() + ", but " + platforms.platforms());
    return openDescriptor(index.manifests[size_t(member - platforms.members.data())], names, depth + 1);
  }

  // --- both ---

  /// The only one, or the one of the name.
  template <typename T, typename NamesOf>
  llvm::Expected<const T*> chosen(const std::vector<T>& all, NamesOf namesOf) {
    if (choice_.name.empty() && all.size() == 1) return &all.front();
    std::string has;
    for (const T& one : all)
      for (const std::string& name : namesOf(one)) {
        if (!choice_.name.empty() && isEntryNamed(name, choice_.name)) return &one;
        has += (has.empty() ? "" : ", ") + printable(name);
      }
    if (choice_.name.empty())
      return fault(FaultKind::Invalid, "the archive has " + llvm::Twine(all.size()) +
                                           " images; say which behind a colon" + (has.empty() ? "" : ": " + has));
    return fault(FaultKind::NotFound,
                 "the archive has no image " + printable(choice_.name) + (has.empty() ? "" : ", but " + has));
  }

  llvm::Expected<std::unique_ptr<ImageSource>> made(const Digest& id, llvm::StringRef document,
                                                    std::vector<std::string> names, std::vector<std::string> layers,
                                                    const Digest& manifest) {
    auto config = layerfs::parseImageConfig(document);
    if (!config) return config.takeError();
    ImageFacts facts = factsOf(id, std::move(*config));
    if (facts.layers.size() != layers.size())
      return fault(FaultKind::Invalid, "the configuration names " + llvm::Twine(facts.layers.size()) +
                                           " layers, the archive has " + llvm::Twine(layers.size()));
    facts.manifest = manifest;
    facts.names = std::move(names);
    for (auto [layer, path] : llvm::zip(facts.layers, layers)) {
      auto size = files_->sizeOf(path);
      if (!size) return size.takeError();
      if (path != blobPath(layer.diffId)) layer.compressedBytes = *size;
    }
    return makeStreamedImage(std::move(facts), [files = files_, layers = std::move(layers)](size_t layer) {
      return files->open(layers[layer]);
    });
  }

  std::shared_ptr<const ArchiveFiles> files_;
  const ArchiveChoice& choice_;
};

bool isFile(const std::string& path) { return !path.empty() && pathExists(path); }

/// "PATH:NAME", where the whole is no path itself. A name may have colons and slashes.
ArchivePlace splitPlace(llvm::StringRef text, ArchiveFormat format) {
  ArchivePlace place{.path = text.str(), .choice = {.format = format, .name = {}, .platform = {}}};
  for (size_t colon = text.find(':'); colon != llvm::StringRef::npos && !isFile(place.path);
       colon = text.find(':', colon + 1)) {
    if (!isFile(text.take_front(colon).str())) continue;
    place.path = text.take_front(colon).str();
    place.choice.name = text.substr(colon + 1).str();
  }
  return place;
}

}  // namespace

llvm::Expected<std::unique_ptr<ImageSource>> openArchiveImage(const std::string& path, const ArchiveChoice& choice) {
  auto files = openArchiveFiles(path);
  if (!files) return files.takeError();
  auto source = Archive(std::shared_ptr<const ArchiveFiles>(std::move(*files)), choice).open();
  if (!source) return withContext(source.takeError(), printable(path));
  return source;
}

std::optional<ArchivePlace> archivePlaceOf(llvm::StringRef text) {
  if (text.consume_front("docker-archive:")) return splitPlace(text, ArchiveFormat::Docker);
  if (text.consume_front("oci-archive:") || text.consume_front("oci:")) return splitPlace(text, ArchiveFormat::Oci);
  if (!isFile(text.str())) return std::nullopt;
  return ArchivePlace{.path = text.str(), .choice = {}};
}

}  // namespace strata::analyzer

#include "cli/image_lookup.h"

#include "registry/short_names.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

llvm::Error noSuchImage(layerfs::ImageStore& images, llvm::StringRef text, llvm::StringRef familiar) {
  auto all = images.list();
  if (!all) return all.takeError();
  std::vector<std::string> names;
  for (const layerfs::ImageSummary& image : *all)
    for (const std::string& name : image.names) {
      names.push_back(familiarName(name));
      names.push_back(partsOf(name).repository);
    }
  std::vector<llvm::StringRef> candidates(names.begin(), names.end());
  std::string hint = didYouMean(text, candidates);
  if (hint.empty()) hint = didYouMean(familiar, candidates);
  return fault(FaultKind::NotFound, "No such image: " + (familiar.empty() ? text : familiar) + hint);
}

/// "name@sha256:...": what a registry knows by this digest, or an image of this manifest or this id.
llvm::Expected<std::optional<Digest>> findByDigest(layerfs::ImageStore& images, const registry::Reference& reference) {
  const Digest& digest = *reference.digest;
  auto known = images.digests().find({reference.repository(), digest});
  if (!known) return known.takeError();
  if (!known->empty()) return known->front();
  auto all = images.list();
  if (!all) return all.takeError();
  for (const layerfs::ImageSummary& image : *all)
    if (image.manifest == digest || image.id == digest) return std::optional(image.id);
  // An image of an index is in no list.
  if (auto image = images.findByPrefix(digest.hex()); !image || *image) return image;
  return std::optional<Digest>();
}

llvm::Expected<std::optional<Digest>> findByName(layerfs::ImageStore& images, llvm::StringRef name) {
  auto index = images.indexes().findByName(name);
  if (!index || *index) return index;
  return images.findByName(name);
}

/// Nothing: no image is known by this name.
llvm::Expected<std::optional<FoundImage>> findByReference(layerfs::ImageStore& images,
                                                          const registry::Reference& reference) {
  auto id = reference.digest ? findByDigest(images, reference) : findByName(images, reference.canonical());
  if (!id) return id.takeError();
  if (!*id) return std::nullopt;
  std::optional<std::string> name;
  if (!reference.digest) name = reference.canonical();
  return FoundImage{**id, std::move(name)};
}

/// docker's reading of a name comes before what the settings say of it.
llvm::Expected<std::optional<FoundImage>> findByAnyReading(layerfs::ImageStore& images, llvm::StringRef text,
                                                           const registry::Reference& plain) {
  auto found = findByReference(images, plain);
  if (!found || *found) return found;
  for (const registry::Reference& meaning : registry::furtherMeaningsOf(text)) {
    found = findByReference(images, meaning);
    if (!found || *found) return found;
  }
  return std::nullopt;
}

bool isIdPrefix(llvm::StringRef text) {
  text.consume_front("sha256:");
  return !text.empty() && text.size() <= 64 && llvm::all_of(text, llvm::isHexDigit);
}

}  // namespace

llvm::Expected<FoundImage> findImage(layerfs::ImageStore& images, llvm::StringRef text) {
  if (auto whole = Digest::parse(text)) {  // an id: before it is looked for as a tag of "sha256"
    auto id = images.findByPrefix(whole->hex());
    if (!id) return id.takeError();
    if (*id) return FoundImage{**id, std::nullopt};
  } else {
    llvm::consumeError(whole.takeError());
  }
  std::string familiar;
  auto reference = registry::parseReference(text);
  if (reference) {
    familiar = reference->familiar();
    auto found = findByAnyReading(images, text, *reference);
    if (!found) return found.takeError();
    if (*found) return std::move(**found);
  }
  llvm::Error unread = reference ? llvm::Error::success() : reference.takeError();
  if (isIdPrefix(text)) {
    llvm::consumeError(std::move(unread));
    auto id = images.findByPrefix(text);
    if (!id) return id.takeError();
    if (*id) return FoundImage{**id, std::nullopt};
    return noSuchImage(images, text, familiar);
  }
  if (unread) return unread;
  return noSuchImage(images, text, familiar);
}

llvm::Expected<std::optional<layerfs::ImageIndex>> loadIndex(layerfs::ImageStore& images, const Digest& id) {
  auto isIndex = images.indexes().contains(id);
  if (!isIndex) return isIndex.takeError();
  if (!*isIndex) return std::nullopt;
  auto index = images.indexes().load(id);
  if (!index) return index.takeError();
  return std::move(*index);
}

namespace {
/// Of an index the member that is wanted; an image must be of the platform that was said.
llvm::Expected<layerfs::Image> chosen(layerfs::ImageStore& images, const Digest& id,
                                      const std::optional<layerfs::Platform>& platform) {
  auto index = loadIndex(images, id);
  if (!index) return index.takeError();
  if (!*index) {
    auto image = images.load(id);
    if (!image || !platform) return image;
    layerfs::ImageIndex alone{.members = {{.platform = image->config.platform}}};
    if (alone.find(*platform)) return image;
    return fault(FaultKind::NotFound, "it is for " + alone.platforms() + ", not for " + platform->str());
  }
  if (!platform) return images.load((*index)->usual().image);
  if (const layerfs::IndexMember* member = (*index)->find(*platform)) return images.load(member->image);
  return fault(FaultKind::NotFound, "it has no " + platform->str() + ", but " + (*index)->platforms());
}
}  // namespace

llvm::Expected<layerfs::Image> loadImage(layerfs::ImageStore& images, llvm::StringRef text, llvm::StringRef platform) {
  std::optional<layerfs::Platform> wanted;
  if (!platform.empty()) {
    auto parsed = layerfs::parsePlatform(platform);
    if (!parsed) return parsed.takeError();
    wanted = std::move(*parsed);
  }
  auto found = findImage(images, text);
  if (!found) return found.takeError();
  auto image = chosen(images, found->id, wanted);
  if (!image) return withContext(image.takeError(), "image " + text);
  return image;
}

std::string familiarName(llvm::StringRef canonical) {
  auto reference = registry::parseReference(canonical);
  if (reference) return reference->familiar();
  llvm::consumeError(reference.takeError());
  return printable(canonical);
}

NameParts partsOf(llvm::StringRef canonical) {
  auto reference = registry::parseReference(canonical);
  if (!reference) {
    llvm::consumeError(reference.takeError());
    return {};
  }
  return {reference->familiarRepository(), reference->tag.empty() ? "<none>" : reference->tag};
}

std::vector<NameParts> shownNames(const layerfs::ImageSummary& image) {
  std::vector<NameParts> names;
  for (const std::string& name : image.names) names.push_back(partsOf(name));
  if (!names.empty()) return names;
  for (const layerfs::RepositoryDigest& known : image.digests) {
    NameParts parts{.repository = partsOf(known.repository).repository};
    if (names.empty() || names.back().repository != parts.repository) names.push_back(std::move(parts));
  }
  if (names.empty()) names.emplace_back();
  return names;
}

}  // namespace strata::cli

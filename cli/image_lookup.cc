#include "cli/image_lookup.h"

#include "registry/reference.h"
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

/// "name@sha256:...": an image of this manifest or this id.
llvm::Expected<std::optional<Digest>> findByDigest(layerfs::ImageStore& images, const Digest& digest) {
  auto all = images.list();
  if (!all) return all.takeError();
  for (const layerfs::ImageSummary& image : *all)
    if (image.manifest == digest || image.id == digest) return std::optional(image.id);
  return std::optional<Digest>();
}

bool isIdPrefix(llvm::StringRef text) {
  text.consume_front("sha256:");
  return !text.empty() && text.size() <= 64 && llvm::all_of(text, llvm::isHexDigit);
}

}  // namespace

llvm::Expected<FoundImage> findImage(layerfs::ImageStore& images, llvm::StringRef text) {
  std::string familiar;
  auto reference = registry::parseReference(text);
  if (reference) {
    familiar = reference->familiar();
    auto id = reference->digest ? findByDigest(images, *reference->digest) : images.findByName(reference->canonical());
    if (!id) return id.takeError();
    if (*id) {
      std::optional<std::string> name;
      if (!reference->digest) name = reference->canonical();
      return FoundImage{**id, std::move(name)};
    }
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

llvm::Expected<layerfs::Image> loadImage(layerfs::ImageStore& images, llvm::StringRef text) {
  auto found = findImage(images, text);
  if (!found) return found.takeError();
  return images.load(found->id);
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

}  // namespace strata::cli

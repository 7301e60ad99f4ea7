#include "builder/resolve_image.h"

#include "builder/solve/ssh_agents.h"
#include "layerfs/image_archive.h"
#include "registry/pull.h"
#include "registry/short_names.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <memory>

namespace strata::builder {

namespace {
constexpr llvm::StringLiteral kLayout = "oci-layout://";

llvm::Expected<ResolvedImage> resolveLayout(llvm::StringRef written, const layerfs::Platform& platform,
                                            layerfs::Store& store) {
  layerfs::LayoutChoice choice{.platform = platform};
  auto [place, digest] = written.drop_front(kLayout.size()).split('@');
  if (!digest.empty()) {
    auto parsed = Digest::parse(digest);
    if (!parsed) return withContext(parsed.takeError(), written);
    choice.digest = *parsed;
  }
  size_t colon = place.rfind(':');
  if (colon != llvm::StringRef::npos && !place.drop_front(colon).contains('/')) {
    choice.tag = place.drop_front(colon + 1).str();
    place = place.take_front(colon);
  }
  auto id = layerfs::loadFromLayout(place.str(), choice, store.images(), store.layers());
  if (!id) return withContext(id.takeError(), written);
  auto image = store.images().load(*id);
  if (!image) return image.takeError();
  return ResolvedImage{.id = image->id, .canonical = written.str(), .config = std::move(image->config)};
}
}  // namespace

namespace {
ResolvedImage resolved(layerfs::Image image, const registry::Reference& reference) {
  return {.id = image.id, .canonical = reference.canonical(), .config = std::move(image.config)};
}

/// What the store has: the image for the platform, or one that was made here for another, of which no registry knows
/// more. Nothing: a registry is to be asked.
llvm::Expected<std::optional<ResolvedImage>> fromStore(const registry::Reference& reference,
                                                       const layerfs::Platform& platform, layerfs::Store& store,
                                                       const ImageOrigin& origin) {
  auto stored = registry::findStored(reference, platform, store);
  if (!stored) return stored.takeError();
  std::optional<layerfs::Image>& found = stored->image ? stored->image : stored->other;
  if (!found) return std::nullopt;
  bool mayBeElsewhere = origin.registry && !stored->madeHere;
  if (mayBeElsewhere && (origin.always || !stored->image)) return std::nullopt;
  return resolved(std::move(*found), reference);
}

/// The same under each reading of the name, docker's first.
llvm::Expected<std::optional<ResolvedImage>> fromStoreByAnyReading(llvm::StringRef written,
                                                                   const layerfs::Platform& platform,
                                                                   layerfs::Store& store, const ImageOrigin& origin) {
  auto plain = registry::parseReference(written);
  if (!plain) return plain.takeError();
  auto found = fromStore(*plain, platform, store, origin);
  if (!found || *found) return found;
  for (const registry::Reference& meaning : registry::furtherMeaningsOf(written)) {
    found = fromStore(meaning, platform, store, origin);
    if (!found || *found) return found;
  }
  return std::nullopt;
}

llvm::Expected<ResolvedImage> fromRegistry(llvm::StringRef written, const layerfs::Platform& platform,
                                           layerfs::Store& store, registry::Client& client) {
  auto reference = client.find(written);
  if (!reference) return reference.takeError();
  auto pulled = registry::pullDocuments(client, *reference, platform, store);
  if (!pulled) return pulled.takeError();
  return resolved(std::move(pulled->image), *reference);
}
}  // namespace

llvm::Expected<ResolvedImage> resolveImage(llvm::StringRef written, const layerfs::Platform& platform,
                                           layerfs::Store& store, const ImageOrigin& origin) {
  if (written.starts_with(kLayout)) return resolveLayout(written, platform, store);
  auto stored = fromStoreByAnyReading(written, platform, store, origin);
  if (!stored) return stored.takeError();
  if (*stored && !origin.always) return std::move(**stored);
  if (!origin.registry && !*stored)
    return fault(FaultKind::NotFound,
                 "no such image in the store; `strata pull`, `strata load` or `strata import` "
                 "brings one");
  if (!origin.registry) return std::move(**stored);
  auto pulled = fromRegistry(written, platform, store, *origin.registry);
  if (pulled) return pulled;
  auto error = pulled.takeError();
  FaultKind kind = kindOf(error);
  if (*stored && kind != FaultKind::Cancelled && kind != FaultKind::Io) {  // --pull of what was made here
    llvm::consumeError(std::move(error));
    return std::move(**stored);
  }
  if (kind == FaultKind::Cancelled) return error;
  llvm::StringRef hint = origin.always ? "" : "no such image in the store, and it cannot be pulled: ";
  // A registry that could not be asked is no answer: the same build may work later.
  return fault(kind == FaultKind::Unavailable ? kind : FaultKind::NotFound, hint + messageOf(std::move(error)));
}

SourcePlace sourcePlace(const BuildRequest& request, layerfs::Store& store) {
  SourcePlace place{
      .directory = joinPath(store.root(), "sources"), .staging = store.staging(), .database = &store.database()};
  place.secret = [&request](llvm::StringRef id) { return request.secrets.find(id); };
  auto agents = std::make_shared<SshAgents>(request.run.ssh, store.staging());
  place.sshAgent = [agents] { return agents->socketOf("default"); };
  return place;
}

}  // namespace strata::builder

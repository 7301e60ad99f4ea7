#include "builder/resolve_image.h"

#include "builder/solve/ssh_agents.h"
#include "layerfs/image_archive.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/files.h"

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

llvm::Expected<ResolvedImage> resolveImage(llvm::StringRef written, const layerfs::Platform& platform,
                                           layerfs::Store& store) {
  if (written.starts_with(kLayout)) return resolveLayout(written, platform, store);
  auto reference = registry::parseReference(written);
  if (!reference) return reference.takeError();
  auto id = store.images().findByName(reference->canonical(), platform);
  if (!id) return id.takeError();
  if (!*id)
    return fault(
        FaultKind::NotFound,
        "no such image in the store, and pulling is not yet supported; `strata load` or `strata import` brings one");
  auto image = store.images().load(**id);
  if (!image) return image.takeError();
  return ResolvedImage{.id = image->id, .canonical = reference->canonical(), .config = std::move(image->config)};
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

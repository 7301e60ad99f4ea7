#include "registry/platform_choice.h"

#include "layerfs/image_index.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::registry {

llvm::Expected<layerfs::Descriptor> chooseManifest(const layerfs::Index& index, const layerfs::Platform& platform) {
  layerfs::ImageIndex known;
  for (const layerfs::Descriptor& entry : index.manifests)
    if (entry.platform && entry.platform->os != "unknown" && layerfs::media::isManifest(entry.mediaType))
      known.members.push_back({.platform = *entry.platform, .image = {}, .manifest = entry.digest});
  const layerfs::IndexMember* member = known.members.empty() ? nullptr : known.find(platform);
  if (!member)
    return fault(FaultKind::NotFound, "no matching manifest for " + platform.str() + " in the manifest list entries" +
                                          (known.members.empty() ? "" : "; it has " + known.platforms()));
  return *llvm::find_if(index.manifests, [&](const auto& entry) { return entry.digest == member->manifest; });
}

}  // namespace strata::registry

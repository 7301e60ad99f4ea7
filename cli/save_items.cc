#include "cli/save_items.h"

#include "cli/image_lookup.h"

namespace strata::cli {

llvm::Expected<layerfs::SaveItem> saveItem(layerfs::ImageStore& images, const Digest& id,
                                           std::vector<std::string> names, llvm::StringRef platform) {
  layerfs::SaveItem item{.names = std::move(names)};
  auto image = loadImage(images, id.str(), platform);
  if (!image) return image.takeError();
  item.image = std::move(*image);
  auto index = loadIndex(images, id);
  if (!index) return index.takeError();
  if (!*index || !platform.empty()) return item;
  for (const layerfs::IndexMember& member : (*index)->members) {
    if (member.image == item.image.id) {
      item.image.manifest = member.manifest;  // as the index has it
      continue;
    }
    auto other = images.load(member.image);
    if (!other) return other.takeError();
    other->manifest = member.manifest;
    item.others.push_back(std::move(*other));
  }
  item.index = std::move(**index);
  return item;
}

}  // namespace strata::cli

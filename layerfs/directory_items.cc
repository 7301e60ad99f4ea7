#include "layerfs/directory_items.h"

#include "layerfs/plain_open.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <dirent.h>
#include <fcntl.h>

namespace strata::layerfs {

llvm::Expected<DirectoryItems> DirectoryItems::open(const std::string& directory) {
  auto root = openFile(directory, O_RDONLY | O_DIRECTORY);
  if (!root) return root.takeError();
  return DirectoryItems(std::move(*root));
}

llvm::Expected<std::optional<TarItem>> DirectoryItems::next() {
  if (!std::exchange(entered_, true)) {
    auto root = readLayerFile(root_->get(), {.text = ".", .type = DT_DIR}, "");
    if (!root) return root.takeError();
    return enter(std::move(*root));
  }
  if (auto path = std::exchange(opaque_, std::nullopt))
    return TarItem{
        .entry = {.path = std::move(*path), .kind = EntryKind::Opaque}, .open = {}, .check = {}, .bytes = {}};
  for (;;) {
    while (!levels_.empty() && levels_.back().next == levels_.back().names.size()) levels_.pop_back();
    if (levels_.empty()) return std::nullopt;
    Level& level = levels_.back();
    DirectoryName& name = level.names[level.next++];
    if (!level.path.empty()) name.text = level.path + "/" + name.text;
    auto file = readLayerFile(root_->get(), name, name.text);
    if (!file) {  // a removal in a directory that no layer below has: overlayfs lists its name, and nothing is there
      auto error = file.takeError();
      if (takeIf(error, FaultKind::NotFound)) continue;
      return error;
    }
    if (file->entry.kind == EntryKind::Directory) return enter(std::move(*file));
    return itemOf(std::move(*file));
  }
}

llvm::Expected<TarItem> DirectoryItems::enter(LayerFile directory) {
  auto names = namesIn(directory.file.get());
  if (!names) return withContext(names.takeError(), printable(directory.entry.path));
  if (directory.opaque) opaque_ = directory.entry.path;
  levels_.push_back({directory.entry.path, std::move(*names)});
  return TarItem{.entry = std::move(directory.entry), .open = {}, .check = {}, .bytes = {}};
}

TarItem DirectoryItems::itemOf(LayerFile file) {
  TarItem item{.entry = std::move(file.entry), .open = {}, .check = {}, .bytes = {}};
  bool removal = item.entry.kind == EntryKind::Whiteout;  // overlay makes all of its whiteouts names of one device
  bool further = !removal && firstNames_.becomesHardlink(item.entry, {file.status.st_dev, file.status.st_ino},
                                                         file.status.st_nlink);
  if (removal || further || item.entry.kind != EntryKind::File || item.entry.size == 0) return item;
  item.open = [root = root_](LayerEntry& entry) -> llvm::Expected<UniqueFd> {
    UniqueFd file = openWithoutLinks(root->get(), entry.path, O_RDONLY | O_NONBLOCK);
    if (!file) return errnoFault("open " + printable(entry.path));
    return file;
  };
  return item;
}

}  // namespace strata::layerfs

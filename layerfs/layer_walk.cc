#include "layerfs/layer_walk.h"

#include "layerfs/first_names.h"
#include "layerfs/layer_file.h"
#include "layerfs/layer_tar.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>

namespace strata::layerfs {

namespace {
class DirectoryWalk {
public:
  DirectoryWalk(FurtherNames furtherNames, FileVisitor visit) : furtherNames_(furtherNames), visit_(visit) {}
  llvm::Error run(const std::string& directory) {
    auto root = readLayerRoot(directory);
    if (!root) return root.takeError();
    return visitDirectory(*root);
  }

private:
  llvm::Error visitDirectory(const LayerFile& directory) {
    const std::string& path = directory.entry.path;
    if (auto error = visit_(directory.entry, directory.status, -1)) return error;
    if (directory.opaque)
      if (auto error = visit_(LayerEntry{.path = path, .kind = EntryKind::Opaque}, directory.status, -1)) return error;
    auto names = namesIn(directory.file.get());
    if (!names) return names.takeError();
    for (const DirectoryName& name : *names) {
      auto file = readLayerFile(directory.file.get(), name, path.empty() ? name.text : path + "/" + name.text);
      if (file) {
        if (auto error = visitFile(*file)) return error;
      } else if (auto error = file.takeError(); !takeIf(error, FaultKind::NotFound)) {
        return error;
      }  // else a removal in a directory that no layer below has: overlayfs lists its name, and nothing is there
    }
    return llvm::Error::success();
  }

  llvm::Error visitFile(LayerFile& file) {
    LayerEntry& entry = file.entry;
    if (entry.kind == EntryKind::Directory) return visitDirectory(file);
    if (entry.kind == EntryKind::Whiteout || knownByFirstName(entry, file.status))
      return visit_(entry, file.status, -1);
    if (entry.size > kCopyBuffer) ::posix_fadvise(file.file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return visit_(entry, file.status, file.file.get());
  }

  bool knownByFirstName(LayerEntry& entry, const struct stat& status) {
    if (furtherNames_ == FurtherNames::Files) return false;
    return firstNames_.becomesHardlink(entry, {status.st_dev, status.st_ino}, status.st_nlink);
  }

  FurtherNames furtherNames_;
  FileVisitor visit_;
  FirstNames<std::pair<dev_t, ino_t>> firstNames_;
};
}  // namespace

llvm::Error walkFiles(const std::string& directory, FurtherNames names, FileVisitor visit) {
  return withContext(DirectoryWalk(names, visit).run(directory), directory);
}

llvm::Error walkLayerDirectory(const std::string& directory, EntryVisitor visit) {
  return walkFiles(directory, FurtherNames::Hardlinks, [&](const LayerEntry& entry, const struct stat&, int file) {
    FdSource content(file);
    StringSource none("");
    return visit(entry, file >= 0 ? static_cast<ByteSource&>(content) : none);
  });
}

}  // namespace strata::layerfs

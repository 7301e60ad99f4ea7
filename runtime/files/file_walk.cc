#include "runtime/files/file_walk.h"

#include "layerfs/first_names.h"
#include "support/fault.h"
#include "support/text.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <climits>

namespace strata::runtime {

namespace {
using layerfs::EntryKind;
using layerfs::LayerFile;

constexpr unsigned long kMqueueMagic = 0x19800202;  // <linux/magic.h> lacks it

bool holdsNobodysFiles(int directory) {
  struct statfs status;
  if (::fstatfs(directory, &status) != 0) return false;
  switch ((unsigned long)(status.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case TMPFS_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case kMqueueMagic:
      return true;
    default:
      return false;
  }
}

class Walk {
public:
  explicit Walk(FoundFile visit) : visit_(visit) {}

  /// `device`: that of the directory above; 0: it is the top.
  llvm::Error visitName(int directory, const layerfs::DirectoryName& name, std::string path, dev_t device) {
    auto file = layerfs::readLayerFile(directory, name, std::move(path));
    if (!file) {
      auto error = file.takeError();
      bool isGone = device != 0 && takeIf(error, FaultKind::NotFound);
      return isGone ? llvm::Error::success() : std::move(error);
    }
    layerfs::LayerEntry& entry = file->entry;
    if (entry.kind == EntryKind::Whiteout) return llvm::Error::success();  // of somebody's overlay
    if (entry.kind == EntryKind::Directory) return visitDirectory(*file, device);
    firstNames_.becomesHardlink(entry, {file->status.st_dev, file->status.st_ino}, file->status.st_nlink);
    return visit_(entry, entry.kind == EntryKind::File ? file->file.get() : -1);
  }

private:
  llvm::Error visitDirectory(LayerFile& directory, dev_t device) {
    const std::string path = directory.entry.path;
    if (path.size() > PATH_MAX) return fault(FaultKind::Invalid, printable(path.substr(0, 60)) + "... is too deep");
    if (auto error = visit_(directory.entry, -1)) return error;
    bool isMount = device != 0 && device != directory.status.st_dev;
    if (isMount && holdsNobodysFiles(directory.file.get())) return llvm::Error::success();
    auto names = layerfs::namesIn(directory.file.get());
    if (!names) return withContext(names.takeError(), printable(path));
    for (const layerfs::DirectoryName& name : *names) {
      std::string below = path.empty() ? name.text : path + "/" + name.text;
      if (auto error = visitName(directory.file.get(), name, std::move(below), directory.status.st_dev)) return error;
    }
    return llvm::Error::success();
  }

  FoundFile visit_;
  layerfs::FirstNames<std::pair<dev_t, ino_t>> firstNames_;
};
}  // namespace

llvm::Error walkFrom(int directory, const std::string& name, llvm::StringRef as, FoundFile visit) {
  return Walk(visit).visitName(directory, {.text = name, .type = DT_UNKNOWN}, as.str(), 0);
}

}  // namespace strata::runtime

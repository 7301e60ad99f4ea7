#include "layerfs/change_collector.h"

#include "layerfs/entry_path.h"
#include "layerfs/layer_walk.h"
#include "layerfs/tree_writer.h"
#include "support/bytes.h"

#include <tuple>

namespace strata::layerfs {

namespace {
auto attributesOf(const LayerEntry& entry) {
  return std::tie(entry.kind, entry.mode, entry.uid, entry.gid, entry.size, entry.mtime, entry.linkTarget,
                  entry.deviceMajor, entry.deviceMinor, entry.xattrs);
}

}  // namespace

llvm::Error ChangeCollector::remember(const std::string& tree) {
  seen_.clear();
  return walkFiles(tree, FurtherNames::Files, [&](const LayerEntry& entry, const struct stat& status, int) {
    seen_.push_back({entry, status.st_dev, status.st_ino, status.st_ctim});
    return llvm::Error::success();
  });
}

/// One comparison: both sides come in path order, so it is a merge of two lists.
class ChangeWriter {
public:
  ChangeWriter(const std::vector<ChangeCollector::Seen>& seen, TreeWriter& writer)
      : next_(seen.begin()), end_(seen.end()), writer_(writer) {}

  llvm::Error visit(const LayerEntry& entry, const struct stat& status, int file) {
    for (; next_ != end_ && pathLess(next_->entry.path, entry.path); ++next_)
      if (auto error = gone(*next_)) return error;
    const ChangeCollector::Seen* before = nullptr;
    if (next_ != end_ && next_->entry.path == entry.path) before = &*next_++;
    while (!above_.empty() && !isAtOrBelow(entry.path, above_.back().entry.path)) above_.pop_back();
    bool inNewDirectory = replaced_ && isAtOrBelow(entry.path, *replaced_);
    if (before && !inNewDirectory && isSame(*before, entry, status)) return stay(entry);
    if (auto error = write(entry, status, file)) return error;
    bool hides = before && !inNewDirectory && before->entry.kind == EntryKind::Directory &&
                 (entry.kind != EntryKind::Directory || before->inode != status.st_ino);
    return hides ? hide(entry) : llvm::Error::success();
  }

  llvm::Error finish() {
    for (; next_ != end_; ++next_)
      if (auto error = gone(*next_)) return error;
    return llvm::Error::success();
  }

private:
  struct Above {
    LayerEntry entry;
    bool written;
  };

  static bool isSame(const ChangeCollector::Seen& before, const LayerEntry& entry, const struct stat& status) {
    return before.device == status.st_dev && before.inode == status.st_ino &&
           before.changed.tv_sec == status.st_ctim.tv_sec && before.changed.tv_nsec == status.st_ctim.tv_nsec &&
           attributesOf(before.entry) == attributesOf(entry);
  }

  llvm::Error stay(const LayerEntry& entry) {
    if (entry.kind == EntryKind::Directory) above_.push_back({entry, false});
    return llvm::Error::success();
  }

  llvm::Error writeAbove() {
    StringSource none("");
    for (Above& directory : above_) {
      if (std::exchange(directory.written, true)) continue;
      if (auto error = writer_.add(directory.entry, none)) return error;
    }
    return llvm::Error::success();
  }

  llvm::Error write(const LayerEntry& entry, const struct stat& status, int file) {
    if (auto error = writeAbove()) return error;
    if (entry.kind == EntryKind::Directory) above_.push_back({entry, true});
    FdSource content(file);
    if (entry.kind != EntryKind::Directory && status.st_nlink > 1) {
      auto [first, isFirst] = firstNames_.try_emplace(status.st_ino, entry.path);
      if (!isFirst)
        return writer_.add(LayerEntry{.path = entry.path, .kind = EntryKind::Hardlink, .linkTarget = first->second},
                           content);
    }
    return writer_.add(entry, content, file);
  }

  /// From here on everything below is new, and nothing of what was there needs a whiteout.
  llvm::Error hide(const LayerEntry& entry) {
    replaced_ = entry.path;
    if (entry.kind != EntryKind::Directory) return llvm::Error::success();
    StringSource none("");
    return writer_.add(LayerEntry{.path = entry.path, .kind = EntryKind::Opaque}, none);
  }

  llvm::Error gone(const ChangeCollector::Seen& before) {
    const std::string& path = before.entry.path;
    if (replaced_ && isAtOrBelow(path, *replaced_)) return llvm::Error::success();
    while (!above_.empty() && !isAtOrBelow(path, above_.back().entry.path)) above_.pop_back();
    if (auto error = writeAbove()) return error;
    if (before.entry.kind == EntryKind::Directory) replaced_ = path;
    StringSource none("");
    return writer_.add(LayerEntry{.path = path, .kind = EntryKind::Whiteout}, none);
  }

  std::vector<ChangeCollector::Seen>::const_iterator next_, end_;
  TreeWriter& writer_;
  std::vector<Above> above_;                 ///< the directories above the present path
  std::optional<std::string> replaced_;      ///< the last directory that went or gave way to another file
  std::map<ino_t, std::string> firstNames_;  ///< in the upper directory, of files with several names
};

namespace {
llvm::Error emptyDirectory(const std::string& directory) {
  auto writer = TreeWriter::open(directory, Removals::Applied);
  if (!writer) return writer.takeError();
  StringSource none("");
  return writer->add(LayerEntry{.kind = EntryKind::Opaque}, none);
}
}  // namespace

llvm::Error ChangeCollector::collect(const std::string& tree, const std::string& upper) const {
  if (auto error = emptyDirectory(upper)) return error;
  auto writer = TreeWriter::open(upper, Removals::Marked);
  if (!writer) return writer.takeError();
  ChangeWriter changes(seen_, *writer);
  auto error = walkFiles(tree, FurtherNames::Files, [&](const LayerEntry& entry, const struct stat& status, int file) {
    return changes.visit(entry, status, file);
  });
  if (error) return error;
  if (auto error = changes.finish()) return error;
  return writer->finish();
}

}  // namespace strata::layerfs

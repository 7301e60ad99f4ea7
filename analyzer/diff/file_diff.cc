#include "analyzer/diff/file_diff.h"

#include "analyzer/diff/file_compare.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <tuple>

namespace strata::analyzer {

namespace {

using layerfs::EntryKind;
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;
using PathId = ImageTree::PathId;
constexpr uint32_t kNoChange = ImageTree::kNone;

class FileComparison {
public:
  explicit FileComparison(const ImagePair& pair) : pair_(pair), before_(pair.before.tree), after_(pair.after.tree) {}

  llvm::Expected<FileDiff> run() {
    pairPaths();
    if (auto error = compareContents()) return error;
    auto moved = findMoved(pair_, removed_, added_);
    if (!moved) return moved.takeError();
    for (const ContentPair& one : *moved) put(FileChange::Kind::Moved, one.before, one.after);
    for (ChangeId one : removed_) put(FileChange::Kind::Removed, one, kNoChange);
    for (ChangeId one : added_) put(FileChange::Kind::Added, kNoChange, one);
    addTotals();
    sort();
    return std::move(diff_);
  }

private:
  // --- Which paths both have ---

  void pairPaths() {
    std::vector<PathId> partners(before_.pathCount(), kNoChange);
    std::vector<bool> paired(after_.pathCount(), false);
    partners[ImageTree::kRoot] = ImageTree::kRoot;
    for (PathId path = 1; path < partners.size(); ++path) {  // parents come before their children
      partners[path] = partnerOf(path, partners[before_.parentOf(path)]);
      if (partners[path] == kNoChange) {
        compare(before_.visibleChange(path), path, kNoChange, kNoChange);
        continue;
      }
      paired[partners[path]] = true;
      compare(before_.visibleChange(path), path, after_.visibleChange(partners[path]), partners[path]);
    }
    for (PathId path = 1; path < paired.size(); ++path)
      if (!paired[path]) compare(kNoChange, kNoChange, after_.visibleChange(path), path);
  }

  PathId partnerOf(PathId path, PathId partnerOfParent) const {
    if (path < pair_.sharedPaths) return path;
    return partnerOfParent == kNoChange ? kNoChange : after_.child(partnerOfParent, before_.nameOf(path));
  }

  void compare(ChangeId before, PathId pathBefore, ChangeId after, PathId pathAfter) {
    if (before == after && before < pair_.sharedChanges) return;  // neither image touched it above the shared layers
    if (before == kNoChange && after == kNoChange) return;
    if (before == kNoChange) {
      if (isWorthNaming(after_, after, before_, pathBefore)) added_.push_back(after);
    } else if (after == kNoChange) {
      if (isWorthNaming(before_, before, after_, pathAfter)) removed_.push_back(before);
    } else if (!isSameEntry(before, after)) {
      compareStates(before, after);
    }
  }

  /// Directories come and go with what is in them, and the other image may have one that no layer of it names.
  static bool isWorthNaming(const ImageTree& tree, ChangeId change, const ImageTree& other, PathId otherPath) {
    if (!tree.change(change).isDirectory()) return true;
    if (otherPath != kNoChange && other.isVisible(otherPath)) return false;
    for (PathId child = tree.firstChildOf(tree.change(change).path); child != kNoChange;
         child = tree.nextSiblingOf(child))
      if (tree.isVisible(child)) return false;
    return true;
  }

  bool isSameEntry(ChangeId before, ChangeId after) const {
    return pair_.before.diffIds[before_.change(before).layer] == pair_.after.diffIds[after_.change(after).layer];
  }

  void compareStates(ChangeId before, ChangeId after) {
    ChangeId left = pair_.before.contentOf(before), right = pair_.after.contentOf(after);
    const Change &a = before_.change(left), &b = after_.change(right);
    bool otherMetadata =
        bool(metadataOf(pair_, {.kind = FileChange::Kind::Metadata, .before = before, .after = after}));
    if (a.kind != b.kind || (!a.isFile() && !isSameNode(a, b)) || (a.isFile() && a.size != b.size))
      put(FileChange::Kind::Modified, before, after);
    else if (a.isFile() && a.size > 0 && !isSameEntry(left, right))
      unsure_.push_back({{left, right}, before, after, otherMetadata});
    else if (otherMetadata)
      put(FileChange::Kind::Metadata, before, after);
  }

  /// Links and devices; of a hard link only where its file is not known.
  bool isSameNode(const Change& a, const Change& b) const {
    if (a.kind != EntryKind::Hardlink) return a.device == b.device;
    return a.target != kNoChange && b.target != kNoChange && before_.pathOf(a.target) == after_.pathOf(b.target);
  }

  // --- Which have the same content ---

  struct Unsure {
    ContentPair content;
    ChangeId before, after;
    bool otherMetadata;
  };

  llvm::Error compareContents() {
    std::vector<ContentPair> pairs;
    for (const Unsure& one : unsure_) pairs.push_back(one.content);
    auto equal = equalContents(pair_, pairs);
    if (!equal) return equal.takeError();
    for (auto [one, same] : llvm::zip(unsure_, *equal)) {
      if (!same)
        put(FileChange::Kind::Modified, one.before, one.after);
      else if (one.otherMetadata)
        put(FileChange::Kind::Metadata, one.before, one.after);
    }
    return llvm::Error::success();
  }

  // --- The result ---

  void put(FileChange::Kind kind, ChangeId before, ChangeId after) {
    diff_.changes.push_back({.kind = kind, .before = before, .after = after});
    FileDiff::Count& count = diff_.counts[size_t(kind)];
    ++count.files;
    if (before != kNoChange) count.bytesBefore += sizeOf(pair_.before, before);
    if (after != kNoChange) count.bytesAfter += sizeOf(pair_.after, after);
  }

  void addTotals() {
    auto add = [](const ImageTree& tree, uint64_t& files, uint64_t& bytes) {
      for (PathId path = 1; path < tree.pathCount(); ++path) {
        ChangeId id = tree.visibleChange(path);
        if (id == kNoChange || !tree.change(id).isFile()) continue;
        ++files;
        bytes += tree.change(id).size;
      }
    };
    add(before_, diff_.filesBefore, diff_.bytesBefore);
    add(after_, diff_.filesAfter, diff_.bytesAfter);
  }

  uint64_t weightOf(const FileChange& change) const {
    uint64_t before = change.before == kNoChange ? 0 : sizeOf(pair_.before, change.before);
    uint64_t after = change.after == kNoChange ? 0 : sizeOf(pair_.after, change.after);
    return std::max(before, after);
  }

  /// Within a layer changes are in the order of their paths.
  void sort() {
    std::vector<std::pair<uint64_t, FileChange>> weighed;
    for (const FileChange& change : diff_.changes) weighed.push_back({weightOf(change), change});
    llvm::sort(weighed, [](const auto& a, const auto& b) {
      return std::tie(b.first, a.second.kind, a.second.after, a.second.before) <
             std::tie(a.first, b.second.kind, b.second.after, b.second.before);
    });
    for (auto [change, one] : llvm::zip(diff_.changes, weighed)) change = one.second;
  }

  const ImagePair& pair_;
  const ImageTree &before_, &after_;
  std::vector<ChangeId> added_, removed_;
  std::vector<Unsure> unsure_;
  FileDiff diff_;
};

}  // namespace

llvm::StringRef nameOf(FileChange::Kind kind) {
  switch (kind) {
    case FileChange::Kind::Added:
      return "added";
    case FileChange::Kind::Removed:
      return "removed";
    case FileChange::Kind::Modified:
      return "modified";
    case FileChange::Kind::Metadata:
      return "metadata";
    case FileChange::Kind::Moved:
      return "moved";
  }
  return "";
}

llvm::Expected<FileDiff> diffFiles(const ImagePair& pair) { return FileComparison(pair).run(); }

uint64_t sizeOf(const ReadSide& side, ChangeId change) { return side.tree.change(side.contentOf(change)).size; }

FileState stateOf(const ReadSide& side, ChangeId id) {
  const Change& change = side.tree.change(id);
  const Change& content = side.tree.change(side.contentOf(id));
  auto target = side.targets.find(id);
  return {.path = side.tree.pathOf(change.path),
          .kind = content.kind,
          .size = content.size,
          .mode = content.mode,
          .uid = content.uid,
          .gid = content.gid,
          .target = target == side.targets.end() ? "" : target->second,
          .layer = change.layer};
}

MetadataDifference metadataOf(const ImagePair& pair, const FileChange& change) {
  const Change& a = pair.before.tree.change(pair.before.contentOf(change.before));
  const Change& b = pair.after.tree.change(pair.after.contentOf(change.after));
  MetadataDifference difference;
  difference.kind = a.kind != b.kind;
  difference.owner = a.uid != b.uid || a.gid != b.gid;
  difference.xattrs = a.xattrs != b.xattrs;
  difference.mode = a.mode != b.mode && !(a.kind == EntryKind::Symlink && b.kind == EntryKind::Symlink);
  return difference;
}

}  // namespace strata::analyzer

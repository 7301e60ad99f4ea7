#include "analyzer/image/image_tree.h"

#include <llvm/ADT/Hashing.h>
#include <llvm/ADT/SmallVector.h>

namespace strata::analyzer {

namespace {

using layerfs::EntryKind;
using layerfs::LayerEntry;

constexpr size_t kFirstSlots = 1024;

/// Tells states apart within this process; 0 is kept for "none".
uint32_t fingerprint(llvm::hash_code code) { return uint32_t(size_t(code)) | 1; }

uint32_t fingerprintOfXattrs(const std::map<std::string, std::string>& xattrs) {
  if (xattrs.empty()) return 0;
  llvm::hash_code code(0);
  for (const auto& [name, value] : xattrs) code = llvm::hash_combine(code, name, value);
  return fingerprint(code);
}

bool leavesTree(llvm::StringRef path) {
  if (!path.contains("..")) return false;
  llvm::SmallVector<llvm::StringRef, 16> parts;
  path.split(parts, '/', -1, /*KeepEmpty=*/false);
  return llvm::is_contained(parts, "..");
}

}  // namespace

ImageTree::ImageTree()
    : texts_(std::make_unique<llvm::BumpPtrAllocator>()),
      names_(std::make_unique<llvm::StringMap<char, llvm::BumpPtrAllocator&>>(*texts_)),
      slots_(kFirstSlots, kNone) {
  nodes_.emplace_back();
  nodes_.front().present = true;
}

// --- Paths ---

/// Where the path with this parent and name is, or is to be put.
size_t ImageTree::slotOf(PathId directory, const Name* name) const {
  size_t mask = slots_.size() - 1;
  size_t at = size_t(llvm::hash_combine(directory, name)) & mask;
  while (slots_[at] != kNone && (nodes_[slots_[at]].parent != directory || nodes_[slots_[at]].name != name))
    at = (at + 1) & mask;
  return at;
}

void ImageTree::growSlots() {
  slots_ = std::vector<PathId>();  // before the larger ones are there
  size_t wanted = kFirstSlots;
  while (wanted < nodes_.size() * 3) wanted *= 2;
  slots_.assign(wanted, kNone);
  for (PathId path = 1; path < nodes_.size(); ++path) slots_[slotOf(nodes_[path].parent, nodes_[path].name)] = path;
}

ImageTree::PathId ImageTree::obtainChild(PathId directory, llvm::StringRef name) {
  const Name* text = &*names_->try_emplace(name).first;
  PathId& slot = slots_[slotOf(directory, text)];
  if (slot != kNone) return slot;
  auto path = PathId(nodes_.size());
  slot = path;
  Node& parent = nodes_[directory];
  nodes_.push_back({.name = text, .parent = directory, .nextSibling = parent.firstChild});
  parent.firstChild = path;
  if (nodes_.size() * 3 > slots_.size() * 2) growSlots();
  return path;
}

ImageTree::PathId ImageTree::obtain(llvm::StringRef path) {
  auto [above, name] = path.rsplit('/');
  if (name.empty() || name == ".") return obtainDirectory(path);
  if (above != lastDirectory_) {
    lastDirectoryPath_ = obtainDirectory(above);
    lastDirectory_ = above.str();
  }
  return obtainChild(lastDirectoryPath_, name);
}

ImageTree::PathId ImageTree::obtainDirectory(llvm::StringRef path) {
  PathId at = kRoot;
  while (!path.empty()) {
    auto [name, rest] = path.split('/');
    if (!name.empty() && name != ".") at = obtainChild(at, name);
    path = rest;
  }
  return at;
}

ImageTree::PathId ImageTree::child(PathId directory, llvm::StringRef name) const {
  auto text = names_->find(name);
  if (text == names_->end()) return kNone;
  return slots_[slotOf(directory, &*text)];
}

ImageTree::PathId ImageTree::find(llvm::StringRef path) const {
  PathId at = kRoot;
  while (!path.empty() && at != kNone) {
    auto [name, rest] = path.split('/');
    if (!name.empty() && name != ".") at = child(at, name);
    path = rest;
  }
  return at;
}

std::string ImageTree::pathOf(PathId path) const {
  llvm::SmallVector<PathId, 16> parts;
  for (; path != kRoot; path = nodes_[path].parent) parts.push_back(path);
  std::string text;
  for (PathId part : llvm::reverse(parts)) {
    if (!text.empty()) text += '/';
    text += nameOf(part);
  }
  return text;
}

// --- Changes ---

ImageTree::ChangeId ImageTree::put(const Change& change) {
  ChangeId& last = nodes_[change.path].last;
  // Of several entries of one layer with the same path the last wins; a removal is of the layers below, and stays.
  if (last != kNone && changes_[last].layer == change.layer && !changes_[last].isRemoval() && !change.isRemoval()) {
    Change& same = changes_[last];
    ChangeId before = same.before;
    same = change;
    same.before = before;
    return last;
  }
  auto id = ChangeId(changes_.size());
  changes_.push_back(change);
  changes_.back().before = last;
  last = id;
  return id;
}

/// A path that is there has parents that are there, whether the layer names them or not.
void ImageTree::makePresent(PathId path) {
  for (; path != kNone && !nodes_[path].present; path = nodes_[path].parent) nodes_[path].present = true;
}

/// Takes one path of lower layers out of the tree; `below`: bytes that went below it. The bytes of its file.
uint64_t ImageTree::takeOut(PathId path, bool named, uint64_t below) {
  Node& node = nodes_[path];
  bool ours = node.last != kNone && changes_[node.last].layer + 1 == layers_ && !changes_[node.last].isRemoval();
  if (ours) return 0;
  node.present = false;
  for (PathId next = node.firstChild; next != kNone && !node.present; next = nodes_[next].nextSibling)
    node.present = nodes_[next].present;  // it holds what this layer brought
  ChangeId was = visibleChange(path);
  if (was == kNone) return 0;
  Change removal;
  removal.size = changes_[was].isFile() ? changes_[was].size : named ? below : 0;
  removal.path = path;
  removal.layer = layers_ - 1;
  removal.kind = EntryKind::Whiteout;
  removal.action = Action::Removed;
  removal.marked = named;
  put(removal);
  return changes_[was].isFile() ? changes_[was].size : 0;
}

/// Takes what lower layers have below `top` out of the tree, and itself if told to. What this layer brought stays, in
/// whatever order it came. No recursion: a path may be 2,000 names deep. Nothing is looked for below what is gone.
void ImageTree::removeTree(PathId top, bool withTop) {
  std::vector<PathId> below;
  for (llvm::SmallVector<PathId, 64> todo{top}; !todo.empty();) {
    PathId path = todo.pop_back_val();
    for (PathId next = nodes_[path].firstChild; next != kNone; next = nodes_[next].nextSibling) {
      if (!nodes_[next].present) continue;
      below.push_back(next);
      todo.push_back(next);
    }
  }
  uint64_t bytes = 0;
  for (PathId path : llvm::reverse(below)) bytes += takeOut(path, false, 0);
  if (withTop) takeOut(top, true, bytes);
}

ImageTree::Action ImageTree::actionOf(const Change& before, const Change& now) const {
  bool sameState = before.mode == now.mode && before.uid == now.uid && before.gid == now.gid;
  if (before.kind != now.kind) return Action::Modified;
  switch (now.kind) {
    case EntryKind::Directory:
      return sameState && before.xattrs == now.xattrs ? Action::Unchanged : Action::Metadata;
    case EntryKind::File:  // until somebody has compared more
      return before.size == 0 && now.size == 0 ? Action::Metadata : Action::Modified;
    default:
      return before.device == now.device && before.target == now.target ? Action::Metadata : Action::Modified;
  }
}

/// The removal of the path itself, if it was there.
ImageTree::ChangeId ImageTree::addRemoval(const LayerEntry& entry) {
  PathId path = find(entry.path);
  if (path == kNone || !nodes_[path].present) return kNone;
  bool itself = entry.kind == EntryKind::Whiteout;
  if (itself && path == kRoot) return kNone;  // that no layer can say
  ChangeId before = nodes_[path].last;
  removeTree(path, itself);
  return nodes_[path].last == before ? kNone : nodes_[path].last;
}

ImageTree::Change ImageTree::changeOf(const LayerEntry& entry, PathId path) {
  Change change;
  change.size = entry.kind == EntryKind::File ? entry.size : 0;
  change.mtime = entry.mtime;
  change.path = path;
  change.layer = layers_ - 1;
  change.uid = entry.uid;
  change.gid = entry.gid;
  change.xattrs = fingerprintOfXattrs(entry.xattrs);
  change.mode = uint16_t(entry.mode & 07777);
  change.kind = entry.kind;
  if (entry.kind == EntryKind::Symlink) change.device = fingerprint(llvm::hash_value(entry.linkTarget));
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice)
    change.device = fingerprint(llvm::hash_combine(entry.deviceMajor, entry.deviceMinor));
  if (entry.kind != EntryKind::Hardlink || leavesTree(entry.linkTarget)) return change;
  change.target = obtain(entry.linkTarget);
  ChangeId first = changeIn(change.target, change.layer);
  if (first != kNone && changes_[first].isFile()) changes_[first].marked = true;
  return change;
}

/// What the layers below made of the path last, or its removal by this one.
ImageTree::ChangeId ImageTree::changeBelow(PathId path) const {
  ChangeId change = nodes_[path].last;
  while (change != kNone && changes_[change].layer + 1 == layers_ && !changes_[change].isRemoval())
    change = changes_[change].before;
  return change;
}

ImageTree::ChangeId ImageTree::add(const LayerEntry& entry) {
  if (leavesTree(entry.path)) return kNone;
  if (entry.kind == EntryKind::Whiteout || entry.kind == EntryKind::Opaque) return addRemoval(entry);
  PathId path = obtain(entry.path);
  if (path == kRoot) return kNone;  // the root is in every layer
  Change change = changeOf(entry, path);
  ChangeId below = changeBelow(path);
  if (below != kNone && !changes_[below].isRemoval()) change.action = actionOf(changes_[below], change);
  if (entry.kind != EntryKind::Directory) removeTree(path, false);  // it hides all of a directory there
  makePresent(path);
  return put(change);
}

ImageTree::ChangeId ImageTree::visibleChange(PathId path) const {
  ChangeId last = nodes_[path].last;
  return last == kNone || changes_[last].isRemoval() ? kNone : last;
}

ImageTree::ChangeId ImageTree::changeIn(PathId path, uint32_t layer) const {
  ChangeId change = nodes_[path].last;
  while (change != kNone && changes_[change].layer > layer) change = changes_[change].before;
  return change != kNone && changes_[change].layer == layer ? change : kNone;
}

// --- Sums ---

std::vector<uint64_t> ImageTree::summedUp(std::vector<uint64_t> own) const {
  for (PathId path = PathId(own.size()); path-- > 1;) own[nodes_[path].parent] += own[path];
  return own;
}

std::vector<uint64_t> ImageTree::visibleSizes() const {
  std::vector<uint64_t> own(nodes_.size());
  for (PathId path = 0; path < nodes_.size(); ++path)
    if (ChangeId change = visibleChange(path); change != kNone) own[path] = changes_[change].size;
  return summedUp(std::move(own));
}

std::vector<uint64_t> ImageTree::layerSizes(uint32_t layer) const {
  std::vector<uint64_t> own(nodes_.size());
  for (const Change& change : changes_)
    if (change.layer == layer && !change.isRemoval()) own[change.path] = change.size;
  return summedUp(std::move(own));
}

std::vector<LayerCounts> countsOf(const ImageTree& tree) {
  using Action = ImageTree::Action;
  std::vector<LayerCounts> layers(tree.layerCount());
  for (ImageTree::ChangeId id = 0; id < tree.changeCount(); ++id) {
    const ImageTree::Change& change = tree.change(id);
    LayerCounts& counts = layers[change.layer];
    counts.removed += change.action == Action::Removed;
    counts.added += change.action == Action::Added;
    counts.modified += change.action == Action::Modified;
    counts.metadata += change.action == Action::Metadata;
    if (change.isRemoval()) continue;
    counts.files += change.isFile();
    counts.fileBytes += change.size;
    counts.directories += change.isDirectory();
    counts.links += change.kind == EntryKind::Symlink || change.kind == EntryKind::Hardlink;
  }
  return layers;
}

}  // namespace strata::analyzer

#include "builder/copy/copy_items.h"

#include "builder/context/rooted_path.h"
#include "builder/context/since_walk.h"
#include "builder/context/tree_walker.h"
#include "builder/context/xattrs.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace strata::builder {

using layerfs::EntryKind;
using layerfs::LayerEntry;
using layerfs::TarItem;

namespace {
LayerEntry entryWith(std::string path, EntryKind kind, const OwnerAndMode& owner, int64_t mtime) {
  return {
      .path = std::move(path), .kind = kind, .mode = owner.mode, .uid = owner.uid, .gid = owner.gid, .mtime = mtime};
}
}  // namespace

CopyItems::CopyItems(const CopyRequest& request, const DestinationFacts& facts, const CopyTargets* targets,
                     EarlierLayers* earlier, std::deque<CopiedFile>& files)
    : request_(request),
      facts_(facts),
      targets_(targets),
      earlier_(earlier),
      files_(files),
      ancestors_{""},
      began_(fileClockNow()) {
  if (!targets) return;
  std::string path;
  for (llvm::StringRef name : pathComponents(facts.isDirectory ? llvm::StringRef(facts.path) : parentOf(facts.path)))
    ancestors_.push_back(path = below(path, name));
  levels_.push_back({&targets->top, 0, targets->path, ""});
}

llvm::Expected<std::optional<TarItem>> CopyItems::next() {
  if (nextAncestor_ < ancestors_.size()) return ancestor(ancestors_[nextAncestor_++]);
  while (!levels_.empty() && levels_.back().next == levels_.back().directory->children.size()) levels_.pop_back();
  if (levels_.empty()) return std::nullopt;
  Level& level = levels_.back();
  const CopyTarget& target = *level.directory->children[level.next++];
  std::string path = below(level.path, target.name), relative = level.relative;
  auto item = itemOf(target, path, relative);
  if (!item) return item.takeError();
  if (target.isDirectory) levels_.push_back({&target, 0, path, below(relative, target.name)});
  return std::move(*item);
}

/// As it is in the parent, or made on the way. The directory that took the contents of others has the last one's time.
TarItem CopyItems::ancestor(const std::string& path) const {
  auto known = llvm::find_if(facts_.existing, [&](const auto& each) { return each.path == path; });
  bool exists = known != facts_.existing.end();
  OwnerAndMode owner = path.empty() ? OwnerAndMode{0, 0, 0755} : madeDirectory(request_, facts_);
  if (exists) owner = {known->uid, known->gid, known->mode};
  const SourceNode* giver = targets_ && path == facts_.path ? targets_->lastDirectory : nullptr;
  TarItem item{.entry = entryWith(path, EntryKind::Directory, owner,
                                  giver    ? giver->mtime
                                  : exists ? known->mtime
                                           : request_.createdTime)};
  if (exists) item.entry.xattrs = known->xattrs;
  return item;
}

llvm::Expected<TarItem> CopyItems::itemOf(const CopyTarget& target, const std::string& path,
                                          const std::string& relative) {
  if (!target.isDirectory) ++result_.files;
  if (target.inlineFile) {
    result_.bytes += target.inlineFile->content.size();
    return inlineItem(target, path);
  }
  const TreeEntry& entry = target.node->entry;
  TarItem item{.entry = entryWith(path, entry.kind, finalMetadata(request_, entry), target.node->mtime)};
  std::string sourcePath = sourcePathOf(target, relative);
  if (isFurtherName(target, item.entry)) return item;
  switch (entry.kind) {
    case EntryKind::Directory:
      if (entry.xattrs) addDirectoryXattrs(target, sourcePath, item);
      return item;
    case EntryKind::File:
      addContent(target, sourcePath, item);
      return item;
    case EntryKind::Symlink:
      item.entry.linkTarget = entry.linkTarget;
      return item;
    case EntryKind::CharacterDevice:
      if (entry.device == 0)
        return fault(FaultKind::Unsupported,
                     "\"/" + printable(path) + "\" is a 0/0 character device, which removes files in a layer");
      [[fallthrough]];
    default:
      item.entry.deviceMajor = major(entry.device);
      item.entry.deviceMinor = minor(entry.device);
      return item;
  }
}

TarItem CopyItems::inlineItem(const CopyTarget& target, const std::string& path) const {
  TreeEntry written;
  written.mode = 0644;
  TarItem item{.entry = entryWith(path, EntryKind::File, finalMetadata(request_, written), request_.createdTime)};
  item.bytes = target.inlineFile->content;
  item.entry.size = item.bytes.size();
  return item;
}

/// It keeps the directory of the file before open, which is that of the next one too in most cases.
SourceOpener& CopyItems::openerOfThread() {
  std::lock_guard lock(openersMutex_);
  return openers_[std::this_thread::get_id()];
}

/// Xattrs come from the file alone: one that has some is read.
void CopyItems::addContent(const CopyTarget& target, const std::string& sourcePath, TarItem& item) {
  const SourceNode& node = *target.node;
  const SourceTree& tree = *request_.selection.sources[target.source].tree;
  result_.bytes += item.entry.size = node.entry.size;
  item.digest = isToBeLearned(node);
  bool hasXattrs = learned_.count(&node) > 0 || node.entry.xattrs;
  if (node.entry.size == 0 && !hasXattrs) return;  // nothing else is worth opening an empty file for
  if (tree.keepsPlaces()) item.place = &files_.emplace_back(CopiedFile{&tree, &node}).offset;
  if (earlier_ && !hasXattrs) item.stored = earlier_->find(tree, node);
  if (!item.stored) readFile(tree, node, sourcePath, hasXattrs, item);
}

void CopyItems::readFile(const SourceTree& tree, const SourceNode& node, const std::string& path, bool hasXattrs,
                         TarItem& item) {
  item.open = [this, &tree, &node, path, hasXattrs](LayerEntry& entry) -> llvm::Expected<UniqueFd> {
    auto file = openerOfThread().open(tree.rootFd(), path, node);
    if (file && hasXattrs) entry.xattrs = readXattrs(file->get());
    return file;
  };
  item.check = [this, &tree, &node, path, learns = item.digest](int file, const struct stat& status,
                                                                const Digest& content) -> llvm::Error {
    auto same = learns ? llvm::Expected<bool>(stampOf(status) == stampOf(node)) : isAsSelected(file, status, node);
    if (!same) return withContext(same.takeError(), "/" + printable(path));
    if (!*same)
      return fault(FaultKind::Invalid, "\"/" + printable(path) + "\" changed while the build was running; build again");
    if (learns) tree.learn(node, status, content, xattrsDigest(readXattrs(file)), began_);
    return llvm::Error::success();
  };
}

/// A file that stands at two places is told once.
bool CopyItems::isToBeLearned(const SourceNode& node) {
  if (!request_.selection.deferred || learned_.count(&node) > 0 || node.entry.content) return false;
  learned_.insert(&node);
  return true;
}

void CopyItems::addDirectoryXattrs(const CopyTarget& target, const std::string& sourcePath, TarItem& item) const {
  if (UniqueFd source = openBeneath(rootOf(target), sourcePath, O_RDONLY | O_DIRECTORY))
    item.entry.xattrs = readXattrs(source.get());
}

/// Whether this file is another name of one that was there already (COPY-27).
bool CopyItems::isFurtherName(const CopyTarget& target, LayerEntry& entry) {
  if (target.isDirectory || target.node->linkCount < 2 || target.direct) return false;
  auto [first, isNew] =
      firstNames_.try_emplace({target.source, target.node->filesystem, target.node->inode}, entry.path);
  if (isNew) return false;
  entry.kind = EntryKind::Hardlink;
  entry.linkTarget = first->second;
  return true;
}

std::string CopyItems::sourcePathOf(const CopyTarget& target, const std::string& relative) const {
  const std::string& root = request_.selection.sources[target.source].path;
  return target.direct ? root : below(root, below(relative, target.name));
}

int CopyItems::rootOf(const CopyTarget& target) const {
  return request_.selection.sources[target.source].tree->rootFd();
}

}  // namespace strata::builder

#include "layerfs/layer_index.h"

#include "layerfs/entry_path.h"
#include "layerfs/erofs_xattrs.h"
#include "layerfs/path_parts.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/StringSaver.h>
#include <llvm/Support/xxhash.h>

namespace strata::layerfs {

namespace {
constexpr size_t kMaxName = 255;
constexpr uint32_t kMaxMajor = 0xfff, kMaxMinor = 0xfffff;
constexpr int kMaxSameHash = 16;  // 63 bits agree by chance for no layer, but names can be made so that they do

}  // namespace

LayerIndex::LayerIndex() { inodes_.push_back({.kind = EntryKind::Directory, .parent = kRoot}); }

const LayerIndex::Xattrs* LayerIndex::xattrsOf(const Inode& inode) const {
  return inode.xattrs == kNone ? nullptr : &xattrs_[inode.xattrs];
}

llvm::ArrayRef<TarExtent> LayerIndex::extentsOf(const Inode& inode) const {
  return inode.extents == kNone ? llvm::ArrayRef<TarExtent>() : llvm::ArrayRef(extents_[inode.extents]);
}

/// One bit less than 64, so that DenseMap's two reserved keys cannot come up.
uint64_t LayerIndex::hashOf(InodeId directory, llvm::StringRef name) const {
  return (llvm::xxh3_64bits(name) ^ (directory * 0x9E3779B97F4A7C15)) >> 1;
}

LayerIndex::NameId LayerIndex::find(InodeId directory, llvm::StringRef name) const {
  auto head = heads_.find(hashOf(directory, name));
  if (head == heads_.end()) return kNone;
  for (NameId id = head->second; id != kNone; id = names_[id].sameHash)
    if (names_[id].directory == directory && textOf(id) == name) return id;
  return kNone;
}

llvm::Error LayerIndex::link(InodeId directory, llvm::StringRef text, InodeId inode) {
  uint64_t path = inodes_[directory].size + text.size() + (directory != kRoot);
  if (text.size() > kMaxName)
    return fault(FaultKind::Invalid, printable(text.take_front(40)) + "... is a name of more than 255 bytes");
  if (path >= kMaxPath) return fault(FaultKind::Invalid, "lies at a path of more than 4,095 bytes");
  if (inodes_[inode].kind == EntryKind::Directory) inodes_[inode].size = path;
  auto id = NameId(names_.size());
  Name name{.directory = directory, .inode = inode, .next = inodes_[directory].firstChild};
  name.length = uint32_t(text.size());
  name.text = llvm::StringSaver(texts_).save(text).data();
  if (name.next != kNone) names_[name.next].previous = id;
  inodes_[directory].firstChild = id;
  auto [head, isNew] = heads_.try_emplace(hashOf(directory, text), id);
  if (!isNew) name.sameHash = std::exchange(head->second, id);
  names_.push_back(name);
  int same = 0;
  for (NameId other = name.sameHash; other != kNone; other = names_[other].sameHash)
    if (++same > kMaxSameHash) return fault(FaultKind::Invalid, "has one of many names that are made to be slow");
  return llvm::Error::success();
}

void LayerIndex::unlinkOne(NameId id) {
  Name& name = names_[id];
  if (name.previous != kNone)
    names_[name.previous].next = name.next;
  else
    inodes_[name.directory].firstChild = name.next;
  if (name.next != kNone) names_[name.next].previous = name.previous;

  auto head = heads_.find(hashOf(name.directory, textOf(id)));
  NameId* before = &head->second;
  while (*before != id) before = &names_[*before].sameHash;
  *before = name.sameHash;
  if (head->second == kNone) heads_.erase(head);
  --inodes_[name.inode].links;
}

void LayerIndex::remove(NameId top) {
  std::vector<NameId> doomed = {top};
  for (size_t i = 0; i < doomed.size(); ++i)
    if (const Inode& inode = inodes_[names_[doomed[i]].inode]; inode.kind == EntryKind::Directory)
      for (NameId child = inode.firstChild; child != kNone; child = names_[child].next) doomed.push_back(child);
  for (NameId id : llvm::reverse(doomed)) unlinkOne(id);
  lastDirectory_ = kNone;  // it may have gone, or a link that led to it
}

llvm::Expected<LayerIndex::InodeId> LayerIndex::makeDirectory(InodeId parent, llvm::StringRef name) {
  auto id = InodeId(inodes_.size());
  inodes_.push_back({.kind = EntryKind::Directory, .parent = parent});
  if (auto error = link(parent, name, id)) return error;
  return id;
}

llvm::Expected<LayerIndex::InodeId> LayerIndex::directoryAt(llvm::StringRef path, bool make) {
  if (path.empty()) return kRoot;
  if (lastDirectory_ != kNone && path == lastPath_) return lastDirectory_;
  std::vector<std::string> todo;
  pushReversed(todo, path);
  InodeId current = kRoot;
  for (int links = 0; !todo.empty();) {
    std::string part = std::move(todo.back());
    todo.pop_back();
    if (part == "..") {
      current = inodes_[current].parent;
      continue;
    }
    NameId found = find(current, part);
    if (found == kNone) {
      if (!make) return fault(FaultKind::NotFound, printable(part) + ": no such directory");
      auto made = makeDirectory(current, part);
      if (!made) return made.takeError();
      current = *made;
      continue;
    }
    const Inode& inode = inodes_[names_[found].inode];
    if (inode.kind == EntryKind::Directory) {
      current = names_[found].inode;
    } else if (inode.kind == EntryKind::Symlink) {
      if (++links > kMaxLinks) return fault(FaultKind::Invalid, printable(part) + ": symbolic links lead in a circle");
      llvm::StringRef target(inode.target);
      if (target.starts_with("/")) current = kRoot;
      pushReversed(todo, target);
    } else if (inode.kind == EntryKind::Whiteout && make) {
      remove(found);
      auto made = makeDirectory(current, part);
      if (!made) return made.takeError();
      current = *made;
      inodes_[current].opaque = true;
    } else {
      return fault(FaultKind::Invalid, printable(part) + " is no directory");
    }
  }
  lastPath_ = path.str();
  return lastDirectory_ = current;
}

llvm::Error LayerIndex::add(const LayerEntry& entry, const TarPlace& place) {
  if (inodes_.size() >= kNone - 2 || names_.size() >= kNone - 2)
    return fault(FaultKind::Invalid, "a layer of more than 4,294,967,293 entries");
  return withContext(addHere(entry, place), printable(entry.path.empty() ? "/" : entry.path));
}

llvm::Error LayerIndex::addHere(const LayerEntry& entry, const TarPlace& place) {
  if (entry.kind == EntryKind::Socket) return llvm::Error::success();
  if (entry.kind == EntryKind::Directory) return addDirectory(entry);
  if (entry.kind == EntryKind::Opaque) {
    auto directory = directoryAt(entry.path, /*make=*/true);
    if (!directory) return directory.takeError();
    inodes_[*directory].opaque = true;
    return llvm::Error::success();
  }
  if (entry.path.empty()) return fault(FaultKind::Invalid, "the root can only be a directory");
  if (entry.kind == EntryKind::Whiteout) return addWhiteout(entry);
  if (entry.kind == EntryKind::Hardlink) return addHardlink(entry);
  if (entry.kind == EntryKind::Symlink && entry.linkTarget.size() >= kMaxPath)
    return fault(FaultKind::Invalid, "is a symbolic link of more than 4,095 bytes");
  if (entry.deviceMajor > kMaxMajor || entry.deviceMinor > kMaxMinor)
    return fault(FaultKind::Invalid, "is a device whose numbers Linux does not have");
  auto [above, name] = splitPath(entry.path);
  auto parent = directoryAt(above, /*make=*/true);
  if (!parent) return parent.takeError();
  if (NameId old = find(*parent, name); old != kNone) remove(old);
  return link(*parent, name, makeInode(entry, place));
}

void LayerIndex::setAttributes(InodeId id, const LayerEntry& entry) {
  Inode& inode = inodes_[id];
  inode.mode = uint16_t(entry.mode);
  inode.uid = entry.uid;
  inode.gid = entry.gid;
  inode.mtime = entry.mtime;
  inode.xattrs = kNone;
  Xattrs kept;
  std::string key;
  for (const auto& [name, value] : entry.xattrs) {
    if (!erofs::holdsXattr(inode.kind, name)) continue;
    kept.try_emplace(kept.end(), name, value);
    ((key += name) += '\0') += std::to_string(value.size()) + ":" + value;
  }
  if (kept.empty()) return;
  auto [number, isNew] = xattrNumbers_.try_emplace(std::move(key), uint32_t(xattrs_.size()));
  if (isNew) xattrs_.push_back(std::move(kept));
  inode.xattrs = number->second;
}

LayerIndex::InodeId LayerIndex::makeInode(const LayerEntry& entry, const TarPlace& place) {
  auto id = InodeId(inodes_.size());
  Inode inode{.kind = entry.kind, .size = entry.size, .data = place.data};
  if (entry.kind == EntryKind::Symlink) inode.target = llvm::StringSaver(texts_).save(entry.linkTarget).data();
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice)
    inode.device = entry.deviceMajor << 20 | (entry.deviceMinor & 0xfffff);
  if (!place.extents.empty()) {
    inode.extents = uint32_t(extents_.size());
    extents_.push_back(place.extents);
  }
  inodes_.push_back(inode);
  setAttributes(id, entry);
  return id;
}

llvm::Error LayerIndex::addDirectory(const LayerEntry& entry) {
  InodeId directory = kRoot;
  if (!entry.path.empty()) {
    auto [above, name] = splitPath(entry.path);
    auto parent = directoryAt(above, /*make=*/true);
    if (!parent) return parent.takeError();
    NameId old = find(*parent, name);
    EntryKind kind = old == kNone ? EntryKind::Directory : inodes_[names_[old].inode].kind;
    if (old != kNone && kind == EntryKind::Directory) {
      directory = names_[old].inode;
    } else {
      if (old != kNone) remove(old);
      auto made = makeDirectory(*parent, name);
      if (!made) return made.takeError();
      directory = *made;
      inodes_[directory].opaque = kind == EntryKind::Whiteout;
    }
  }
  setAttributes(directory, entry);
  return llvm::Error::success();
}

llvm::Error LayerIndex::addHardlink(const LayerEntry& entry) {
  auto missing = [&] {
    return fault(FaultKind::Invalid, "is a hard link to " + printable(entry.linkTarget) + ", which is not there");
  };
  auto [aboveTarget, targetName] = splitPath(entry.linkTarget);
  auto found = directoryAt(aboveTarget, /*make=*/false);
  if (!found) {
    auto error = found.takeError();
    return takeIf(error, FaultKind::NotFound) ? missing() : std::move(error);
  }
  NameId target = find(*found, targetName);
  if (target == kNone || inodes_[names_[target].inode].kind == EntryKind::Whiteout) return missing();
  InodeId inode = names_[target].inode;
  if (inodes_[inode].kind == EntryKind::Directory) return fault(FaultKind::Invalid, "is a hard link to a directory");

  auto [above, name] = splitPath(entry.path);
  auto parent = directoryAt(above, /*make=*/true);
  if (!parent) return parent.takeError();
  NameId old = find(*parent, name);
  if (old != kNone && names_[old].inode == inode) return llvm::Error::success();  // made before
  ++inodes_[inode].links;  // first, since what is removed may hold its last name
  if (old != kNone) remove(old);
  if (find(*found, targetName) != target) {  // it lay below what was just replaced
    --inodes_[inode].links;
    return missing();
  }
  return link(*parent, name, inode);
}

llvm::Error LayerIndex::addWhiteout(const LayerEntry& entry) {
  auto [above, name] = splitPath(entry.path);
  auto parent = directoryAt(above, /*make=*/true);
  if (!parent) return parent.takeError();
  // What this layer has itself stays: a whiteout removes from the layers below only. A directory no longer shows
  // theirs.
  if (NameId old = find(*parent, name); old != kNone) {
    Inode& inode = inodes_[names_[old].inode];
    if (inode.kind == EntryKind::Directory) inode.opaque = true;
    return llvm::Error::success();
  }
  auto id = InodeId(inodes_.size());
  inodes_.push_back({.kind = EntryKind::Whiteout, .mode = 0});
  return link(*parent, name, id);
}

}  // namespace strata::layerfs

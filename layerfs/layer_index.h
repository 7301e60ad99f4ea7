#pragma once
/// \file The tree of one layer in memory while its tar passes: names and inodes, and where in the tar each file's bytes
/// lie. What the entries mean is what TreeWriter makes of them on disk: of several entries with one path the last wins,
/// a parent that is a symbolic link is followed as a process chrooted to the layer would follow it, whiteouts and
/// opaque marks concern the layers below. Written out by erofs_writer.h.

#include "layerfs/layer_entry.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Allocator.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace strata::layerfs {

class LayerIndex {
public:
  using InodeId = uint32_t;
  using NameId = uint32_t;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr InodeId kRoot = 0;

  /// About 80 bytes: a layer may have millions.
  struct Inode {
    EntryKind kind = EntryKind::Directory;
    bool opaque = false;  ///< of a directory
    uint16_t mode = 0755;
    uint32_t uid = 0, gid = 0;
    uint32_t links = 1;            ///< names; a directory's children that are directories are not counted here
    uint32_t device = 0;           ///< (major << 20) | minor
    uint32_t xattrs = kNone;       ///< number of a set
    uint32_t extents = kNone;      ///< number of a list; kNone: one piece at `data`
    NameId firstChild = kNone;     ///< of a directory
    InodeId parent = kNone;        ///< of a directory
    int64_t mtime = 0;             ///< nanoseconds since 1970
    uint64_t size = 0;             ///< of a file, in bytes; of a directory: bytes of its path
    uint64_t data = 0;             ///< of a file: offset in the tar
    const char* target = nullptr;  ///< of a symbolic link, ended by a zero
  };
  struct Name {
    InodeId directory = kNone, inode = kNone;
    NameId next = kNone, previous = kNone;  ///< its siblings
    NameId sameHash = kNone;
    uint32_t length = 0;
    const char* text = nullptr;
  };
  using Xattrs = std::map<std::string, std::string>;

  LayerIndex();
  /// Faults: Invalid, naming the entry, for a parent that is no directory, links in a circle, a hard link to nothing,
  /// and what no file system of Linux holds: names of more than 255 bytes, paths and links of 4,096, large device
  /// numbers. Xattrs of no namespace that Linux has are left out.
  [[nodiscard]] llvm::Error add(const LayerEntry& entry, const TarPlace& place);

  const Inode& inode(InodeId id) const { return inodes_[id]; }
  size_t inodeCount() const { return inodes_.size(); }  ///< those that nothing names any more included (links == 0)
  const Name& name(NameId id) const { return names_[id]; }
  llvm::StringRef textOf(NameId id) const { return {names_[id].text, names_[id].length}; }
  const Xattrs* xattrsOf(const Inode& inode) const;
  llvm::ArrayRef<TarExtent> extentsOf(const Inode& inode) const;
  /// Looks a name up; kNone: not there.
  NameId find(InodeId directory, llvm::StringRef name) const;

private:
  llvm::Error addHere(const LayerEntry& entry, const TarPlace& place);
  llvm::Error addDirectory(const LayerEntry& entry);
  llvm::Error addHardlink(const LayerEntry& entry);
  llvm::Error addWhiteout(const LayerEntry& entry);
  InodeId makeInode(const LayerEntry& entry, const TarPlace& place);
  llvm::Expected<InodeId> makeDirectory(InodeId parent, llvm::StringRef name);
  void setAttributes(InodeId id, const LayerEntry& entry);

  /// The directory that `path` leads to. `make`: missing ones are made, else NotFound.
  llvm::Expected<InodeId> directoryAt(llvm::StringRef path, bool make);
  [[nodiscard]] llvm::Error link(InodeId directory, llvm::StringRef name, InodeId inode);
  void remove(NameId name);  ///< with all below
  void unlinkOne(NameId name);
  uint64_t hashOf(InodeId directory, llvm::StringRef name) const;

  std::vector<Inode> inodes_;
  std::vector<Name> names_;
  llvm::DenseMap<uint64_t, NameId> heads_;  ///< hash -> first name of that hash
  std::vector<Xattrs> xattrs_;
  std::map<std::string, uint32_t> xattrNumbers_;  ///< equal sets are kept once
  std::vector<std::vector<TarExtent>> extents_;
  llvm::BumpPtrAllocator texts_;
  std::string lastPath_;  ///< the directory that was found last: neighbours come together
  InodeId lastDirectory_ = kNone;
};

}  // namespace strata::layerfs
